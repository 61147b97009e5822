import Corpora
import Digests
import Sequences
import SideCars
import Training

/// The teacher's log-probs from a side-car: each segment's by the hash of its ids, so that neither seed nor packing matters.
package struct FiledLogProbs: StepSource {
    private let sideCar: SideCar

    package init(_ sideCar: SideCar) { self.sideCar = sideCar }

    /// Does nothing: files are read when their log-probs are asked for. Whoever would have them sooner asks on another thread.
    package func request(_ batch: StepBatch) {}

    /// Scores fingerprint that the side-car was written with.
    package var scoresFingerprint: String? { sideCar.description.scoresFingerprint }

    /// Log-probs of every token of every window, from the files. [windows][T]; NaN at the first token of each segment.
    ///
    /// - Throws: `SideCarError` where a segment was not scored or a log-prob is none that a model gives, and where a shard is not
    ///   the one that was written.
    package func answer(_ batch: StepBatch) throws -> [[Float]] {
        try batch.windows.map(logProbs)
    }

    private func logProbs(_ window: TrainingWindow) throws -> [Float] {
        try window.segments.flatMap { segment in
            let digest = Segment.digest(of: window.tokenIDs[segment])
            guard let found = try sideCar.logProbs(of: digest), found.count == segment.count else {
                throw try sideCar.missing(digest, tokens: segment.count)
            }
            if let fault = LogProbFault(ofSegment: found[...]) {
                throw SideCarError.impossibleLogProb(path: sideCar.directory, hash: digest.hex, fault)
            }
            return found
        }
    }
}
