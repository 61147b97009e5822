import Corpora
import Digests
import Sequences
import SideCars

/// Scores a corpus into a side-car, from where the side-car stands: segments in the order of the documents, several to a forward.
package struct SideCarScoring {
    private let corpus: Corpus
    private let writer: SideCarWriter
    private let maxBatchTokens: Int
    private let sharesPrefixes: Bool

    /// A scoring of one corpus into one side-car, which was begun for this corpus.
    ///
    /// - Parameters:
    ///   - maxBatchTokens: what the segments of one forward cost at most, as `BatchRoom` counts; a longer segment is a forward of its own.
    ///   - sharesPrefixes: whether the engine does.
    package init(_ corpus: Corpus, writer: SideCarWriter, maxBatchTokens: Int, sharesPrefixes: Bool = false) {
        self.corpus = corpus
        self.writer = writer
        self.maxBatchTokens = maxBatchTokens
        self.sharesPrefixes = sharesPrefixes
    }

    /// Scores what the side-car lacks. What is done and vouched for is saved whatever ends the scoring: an error of `logProbs`, or one that
    /// `onProgress` throws to stop it. Shards on disk that are damaged are scored again before anything else.
    ///
    /// - Parameters:
    ///   - onDamage: called for each damaged shard, before it is scored again.
    ///   - onUnvouched: called where a shard may not be kept, before it is scored again.
    ///   - onProgress: called before each batch, and once at the end, with the tokens so far, those of earlier sittings among them.
    ///   - vouch: whether what `logProbs` gave since the last call may be kept; asked before a shard is written.
    ///   - logProbs: log-probs of each of the segments given, NaN at a segment's first token.
    /// - Throws: `OfflineScoringError` for an answer of a wrong length or with an impossible value; `SideCarError` for a corpus in another
    ///   order, a damaged shard that is not reproduced, a shard that is not vouched for time after time; and what `onProgress` or `logProbs`
    ///   throws.
    package func run(
        onDamage: (SideCarError) -> Void = { _ in }, onUnvouched: (SideCarError) -> Void = { _ in },
        onProgress: (Int) throws -> Void, vouch: () -> Bool = { true }, logProbs: ([[Int32]]) throws -> [[Float]]
    ) throws {
        var tokens = writer.tokensDone
        func scored(
            _ segments: some Sequence<CorpusSegment>, first: Int, _ body: (SHA256Digest, [Float]) throws -> Void
        ) throws {
            try score(segments, first: first, before: { try onProgress(tokens) }, logProbs) { ids, values in
                try body(Segment.digest(of: ids), values)
            }
        }
        for shard in try damagedShards() {
            onDamage(shard.error)
            var scoredAgain: [(SHA256Digest, [Float])] = []
            let segments = corpus.segments.dropFirst(shard.segments.lowerBound).prefix(shard.segments.count)
            try scored(segments, first: shard.segments.lowerBound) { scoredAgain.append(($0, $1)) }
            try writer.mend(shard, scoredAgain)
        }
        var (attempts, before) = (0, writer.segmentsDone)
        while true {
            do {
                try scored(corpus.segments.dropFirst(writer.segmentsDone), first: writer.segmentsDone) {
                    digest, values in
                    try writer.append(digest, values, vouch: vouch)
                    tokens += values.count
                }
                try writer.flush(vouch: vouch)
                break
            } catch let error as SideCarError where error.isNotVouchedFor {
                attempts = writer.segmentsDone > before ? 1 : attempts + 1
                guard attempts < OfflineRun.mostAttempts else { throw error }
                onUnvouched(error)
                before = writer.segmentsDone
                tokens = writer.tokensDone
            } catch {
                // What ended it says more than that its last shard is not kept.
                do { try writer.flush(vouch: vouch) } catch SideCarError.notVouchedFor {}
                throw error
            }
        }
        try onProgress(tokens)
    }

    /// Several segments to a forward, handed on one by one in their order. `first`: the number of the first of them in the corpus.
    private func score(
        _ segments: some Sequence<CorpusSegment>, first: Int, before: () throws -> Void,
        _ logProbs: ([[Int32]]) throws -> [[Float]],
        _ body: ([Int32], [Float]) throws -> Void
    ) throws {
        var pieces = PieceScorer<Int>(maxBatchTokens: maxBatchTokens, sharesPrefixes: sharesPrefixes)
        func flush() throws {
            guard !pieces.isEmpty else { return }
            try before()
            for piece in try pieces.score(named: { "segment \($0)" }, by: logProbs) {
                try body(piece.tokenIDs, piece.logProbs)
            }
        }
        for (number, segment) in zip(first..., segments) {
            let ids = try corpus.tokenIDs(segment)
            if !pieces.fits(ids) { try flush() }
            pieces.take(ids, at: number)
        }
        try flush()
    }

    /// Log-probs of other segments would go unnoticed: those on disk must be the corpus's first.
    private func damagedShards() throws -> [SideCarWriter.DamagedShard] {
        guard writer.segmentsDone > 0 else { return [] }
        var places = corpus.segments.makeIterator()
        var next = 0
        return try writer.checkShards { number, digest in
            while next < number {  // those of a shard that cannot be read
                _ = places.next()
                next += 1
            }
            guard let segment = places.next(), try Segment.digest(of: corpus.tokenIDs(segment)) == digest else {
                throw SideCarError.otherOrder(path: writer.directory, segment: number)
            }
            next += 1
        }
    }
}

extension Corpus {
    /// Numbers of segments and tokens that are scored: what a side-car of this corpus holds.
    package var scoredSize: (segments: Int, tokens: Int) {
        segments.reduce(into: (segments: 0, tokens: 0)) { size, segment in
            size.segments += 1
            size.tokens += segment.tokenCount
        }
    }
}
