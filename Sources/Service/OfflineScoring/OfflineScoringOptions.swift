import Corpora
import Formats

/// How a corpus is cut, batched and written.
package struct OfflineScoringOptions: Sendable {
    /// Where the document stands in a record.
    package var fields: RecordFields
    /// Whether lines that cannot be read are left out and reported.
    package var skipsBadLines: Bool
    /// Folder of the tokenized corpus.
    package var tokenCache: String
    /// Documents are cut at multiples of so many tokens.
    package var sequenceLength: Int
    /// Folder of the side-car.
    package var out: String
    /// Most tokens of a batch, but for a longer single segment.
    package var maxBatchTokens: Int
    /// Tokens of a shard: what a scoring that is killed loses is less.
    package var shardTokens: Int

    package init(
        fields: RecordFields = RecordFields(), skipsBadLines: Bool = false, tokenCache: String, sequenceLength: Int,
        out: String, maxBatchTokens: Int, shardTokens: Int
    ) {
        self.fields = fields
        self.skipsBadLines = skipsBadLines
        self.tokenCache = tokenCache
        self.sequenceLength = sequenceLength
        self.out = out
        self.maxBatchTokens = maxBatchTokens
        self.shardTokens = shardTokens
    }
}

/// What happens during a scoring, for whoever watches it.
package enum OfflineScoringEvent: Sendable {
    /// Something that somebody who knows the files may not expect, in one line.
    case remark(String)
    /// How far the corpus has been tokenized.
    case tokenizing(WorkProgress)
    /// How far a token file has been read for its digest and its documents.
    case planning(file: String, share: Double)
    /// What the corpus is, once tokenized.
    case tokenized(TokenFileSummary)
    /// How far the scoring has come. Tokens done are counted with those of earlier sittings, the speed is that of this one; where
    /// several workers share a plan, both with theirs.
    case scoring(WorkProgress)
}

/// What a scoring came to.
package struct OfflineScoringSummary: Sendable, Equatable {
    /// Segments of a side-car, or ranges that token files were cut into.
    package let parts: Int
    /// Tokens of the corpus, one number each; those of earlier sittings among them.
    package let tokens: Int
    /// Wall-clock time of scoring and writing in this sitting: 0 where all was there. Without loading models and tokenizing; of a plan,
    /// with waiting for other workers.
    package let seconds: Double
}
