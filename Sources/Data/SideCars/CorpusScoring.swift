import Corpora
import Digests
import Sequences

/// Scores a corpus into a side-car, from where the side-car stands: segments in the order of the documents, several to a forward.
package struct CorpusScoring {
    /// How far a scoring has come.
    package struct Progress: Sendable {
        /// Segments appended so far, those of earlier sittings included.
        package var segments: Int
        /// Tokens appended so far, those of earlier sittings included.
        package var tokens: Int
    }

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

    /// Numbers of segments and tokens of a corpus that are scored: what the side-car will hold.
    package static func size(of corpus: Corpus) -> (segments: Int, tokens: Int) {
        var (segments, tokens) = (0, 0)
        for segment in corpus.segments {
            segments += 1
            tokens += segment.tokenCount
        }
        return (segments, tokens)
    }

    /// Times that a shard is scored of which nobody vouches, before the scoring ends.
    private static let mostAttempts = 5

    /// Scores what the side-car lacks. What is done and vouched for is saved whatever ends the scoring: an error of `logProbs`, or one that
    /// `onProgress` throws to stop it. Shards on disk that are damaged are scored again before anything else.
    ///
    /// - Parameters:
    ///   - onDamage: called for each damaged shard, before it is scored again.
    ///   - onUnvouched: called where a shard may not be kept, before it is scored again.
    ///   - onProgress: called before each batch, and once at the end.
    ///   - vouch: whether what `logProbs` gave since the last call may be kept; asked before a shard is written.
    ///   - logProbs: log-probs of each of the segments given, NaN at a segment's first token.
    /// - Throws: `SideCarError` for an answer of a wrong length or with an impossible value, a corpus in another order, a damaged
    ///   shard that is not reproduced, a shard that is not vouched for time after time; and what `onProgress` or `logProbs` throws.
    package func run(
        onDamage: (SideCarError) -> Void = { _ in }, onUnvouched: (SideCarError) -> Void = { _ in },
        onProgress: (Progress) throws -> Void, vouch: () -> Bool = { true }, logProbs: ([[Int32]]) throws -> [[Float]]
    ) throws {
        var progress = Progress(segments: writer.segmentsDone, tokens: writer.tokensDone)
        func scored(
            _ segments: some Sequence<CorpusSegment>, first: Int, _ body: (SHA256Digest, [Float]) throws -> Void
        ) throws {
            try score(segments, first: first, before: { try onProgress(progress) }, logProbs) { ids, values in
                try body(Segment.digest(of: ids), values)
            }
        }
        for shard in try damagedShards() {
            onDamage(shard.error)
            var contents = SideCarShardContents()
            let segments = corpus.segments.dropFirst(shard.segments.lowerBound).prefix(shard.segments.count)
            try scored(segments, first: shard.segments.lowerBound) { contents.append($0, $1) }
            try writer.mend(shard, contents)
        }
        var (attempts, before) = (0, writer.segmentsDone)
        while true {
            do {
                try scored(corpus.segments.dropFirst(writer.segmentsDone), first: writer.segmentsDone) {
                    digest, values in
                    try writer.append(digest, values, vouch: vouch)
                    progress.segments += 1
                    progress.tokens += values.count
                }
                try writer.flush(vouch: vouch)
                break
            } catch let error as SideCarError where error.isNotVouchedFor {
                attempts = writer.segmentsDone > before ? 1 : attempts + 1
                guard attempts < Self.mostAttempts else { throw error }
                onUnvouched(error)
                before = writer.segmentsDone
                (progress.segments, progress.tokens) = (writer.segmentsDone, writer.tokensDone)
            } catch {
                // What ended it says more than that its last shard is not kept.
                do { try writer.flush(vouch: vouch) } catch SideCarError.notVouchedFor {}
                throw error
            }
        }
        try onProgress(progress)
    }

    /// Several segments to a forward, handed on one by one in their order. `first`: the number of the first of them in the corpus.
    private func score(
        _ segments: some Sequence<CorpusSegment>, first: Int, before: () throws -> Void,
        _ logProbs: ([[Int32]]) throws -> [[Float]],
        _ body: ([Int32], [Float]) throws -> Void
    ) throws {
        var batch: [[Int32]] = []
        var room = BatchRoom(maxBatchTokens, sharesPrefixes: sharesPrefixes)
        var number = first
        func flush() throws {
            guard !batch.isEmpty else { return }
            try before()
            let answers = try logProbs(batch)
            for (index, ids) in batch.enumerated() {
                let got = index < answers.count ? answers[index].count : 0
                guard got == ids.count else {
                    throw SideCarError.wrongAnswer(segment: number, expected: ids.count, got: got)
                }
                if let fault = LogProbFault(ofSegment: answers[index][...]) {
                    throw SideCarError.impossibleAnswer(segment: number, fault)
                }
                try body(ids, answers[index])
                number += 1
            }
            batch = []
            room = BatchRoom(maxBatchTokens, sharesPrefixes: sharesPrefixes)
        }
        for segment in segments {
            let ids = try corpus.tokenIDs(segment)
            if !room.fits(ids) { try flush() }
            batch.append(ids)
            room.take(ids)
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
