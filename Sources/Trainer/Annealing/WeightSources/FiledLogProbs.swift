import Corpora
import Digests
import ScoreFiles
import Sequences
import Training

/// The teacher's log-probs from files of either form: each segment's by the hash of its ids, so that neither seed nor packing matters.
package struct FiledLogProbs: StepSource {
    private let scores: any FiledScores

    package init(_ scores: any FiledScores) { self.scores = scores }

    /// Does nothing: files are read when their log-probs are asked for. Whoever would have them sooner asks on another thread.
    package func request(_ batch: StepBatch) {}

    /// Scores fingerprint that the files were written with, and whether they are rounded.
    package var scoresFingerprint: String? { scores.scoresFingerprint }

    /// Log-probs of every token of every window, from the files. [windows][T]; NaN at the first token of each segment.
    ///
    /// - Throws: `SideCarError` or `ScoreFileError` where a segment was not scored or a log-prob is none that a model gives, and where a file is
    ///   not the one that was written.
    package func answer(_ batch: StepBatch) throws -> [[Float]] {
        try batch.windows.map(logProbs)
    }

    private func logProbs(_ window: TrainingWindow) throws -> [Float] {
        try window.segments.flatMap { segment in
            let digest = Segment.digest(of: window.tokenIDs[segment])
            guard let found = try scores.logProbs(of: digest), found.count == segment.count else {
                throw try scores.missing(digest, tokens: segment.count)
            }
            if let fault = LogProbFault(ofSegment: found[...]) {
                throw scores.impossible(digest, fault)
            }
            return found
        }
    }
}
