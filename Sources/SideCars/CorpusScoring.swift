import Corpora
import Digests
import LogProbs

/// Scores a corpus into a side-car, from where the side-car stands: segments in the order of the documents, several to a forward.
package struct CorpusScoring {
    package struct Progress: Sendable {
        /// Of the whole corpus, earlier sittings included.
        package var segments: Int
        package var tokens: Int
        /// Of this sitting.
        package var scoredNow: Int
    }

    private let corpus: Corpus
    private let writer: SideCarWriter
    private let maxBatchTokens: Int

    package init(_ corpus: Corpus, writer: SideCarWriter, maxBatchTokens: Int) {
        self.corpus = corpus
        self.writer = writer
        self.maxBatchTokens = maxBatchTokens
    }

    /// Segments and tokens of a corpus that are scored: what the side-car will hold.
    package static func size(of corpus: Corpus) -> (segments: Int, tokens: Int) {
        var (segments, tokens) = (0, 0)
        for segment in corpus.segments {
            segments += 1
            tokens += segment.tokenCount
        }
        return (segments, tokens)
    }

    /// What is done is saved whatever ends the scoring: an error of `logProbs`, or one that `onProgress` throws to stop it.
    ///
    /// - Parameters:
    ///   - onProgress: called before each batch.
    ///   - logProbs: one list a segment, NaN at its first.
    package func run(
        onProgress: (Progress) throws -> Void, logProbs: ([[Int32]]) throws -> [[Float]]
    ) throws {
        try checkDone()
        var progress = Progress(segments: writer.segmentsDone, tokens: writer.tokensDone, scoredNow: 0)
        var batch: [[Int32]] = []
        var batchTokens = 0
        func score() throws {
            guard !batch.isEmpty else { return }
            try onProgress(progress)
            let answers = try logProbs(batch)
            for (index, ids) in batch.enumerated() {
                let got = index < answers.count ? answers[index].count : 0
                guard got == ids.count else {
                    throw SideCarError.wrongAnswer(segment: progress.segments, expected: ids.count, got: got)
                }
                if let fault = LogProbFault(in: answers[index][...], documentStarts: [0]) {
                    throw SideCarError.impossibleAnswer(segment: progress.segments, fault)
                }
                try writer.append(SegmentHash.digest(ids), answers[index])
                progress.segments += 1
                progress.tokens += ids.count
                progress.scoredNow += ids.count
            }
            batch = []
            batchTokens = 0
        }
        do {
            for segment in corpus.segments.dropFirst(writer.segmentsDone) {
                if batchTokens + segment.tokenCount > maxBatchTokens { try score() }
                batch.append(try corpus.tokenIDs(segment))
                batchTokens += segment.tokenCount
            }
            try score()
        } catch {
            try writer.flush()
            throw error
        }
        try writer.flush()
        try onProgress(progress)
    }

    /// Log-probs of other segments would go unnoticed: those on disk must be the corpus's first.
    private func checkDone() throws {
        guard writer.segmentsDone > 0 else { return }
        var places = corpus.segments.makeIterator()
        var number = 0
        try writer.forEachSegmentDone { digest in
            guard let segment = places.next(), try SegmentHash.digest(corpus.tokenIDs(segment)) == digest else {
                throw SideCarError.otherOrder(path: writer.directory, segment: number)
            }
            number += 1
        }
    }
}
