import Corpora
import Digests
import Locks
import LogProbs
import SideCars

/// The teacher's log-probs from a side-car: each segment's by the hash of its ids, so that neither seed nor packing matters.
package final class FiledLogProbs: TeacherLogProbSource {
    private let sideCar: SideCar
    /// Micro-batches ask for the same step again.
    private let last = Locked<(step: Int, logProbs: [[Float]])?>(nil)

    package init(_ sideCar: SideCar) { self.sideCar = sideCar }

    /// Nothing to do ahead: the files are mapped.
    package func request(_ batch: StepBatch) {}

    package var scoresFingerprint: String? { sideCar.description.scoresFingerprint }

    /// Called by the one thread that steps.
    package func logProbs(_ batch: StepBatch) throws -> [[Float]] {
        if let last = last.withLock({ $0 }), last.step == batch.step { return last.logProbs }
        let logProbs = try batch.windows.map(logProbs)
        last.withLock { $0 = (batch.step, logProbs) }
        return logProbs
    }

    private func logProbs(_ window: TrainingWindow) throws -> [Float] {
        let ends = window.segmentStarts.dropFirst() + [window.tokenCount]
        return try zip(window.segmentStarts, ends).flatMap { start, end in
            let digest = SegmentHash.digest(window.tokenIDs[start..<end])
            guard let found = sideCar.logProbs(of: digest), found.count == end - start else {
                throw SideCarError.missingSegment(path: sideCar.directory, tokens: end - start, hash: digest.hex)
            }
            if let fault = LogProbFault(in: found[...], documentStarts: [0]) {
                throw SideCarError.impossibleLogProb(path: sideCar.directory, hash: digest.hex, fault)
            }
            return found
        }
    }
}
