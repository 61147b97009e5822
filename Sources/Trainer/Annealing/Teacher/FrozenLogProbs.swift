import Corpora
import Digests
import Locks
import Sequences
import Transformers

/// Log-probs of a frozen model held by this process: the base of a static weighting. Computed when they are asked for, and kept while
/// the same step asks again.
package final class FrozenLogProbs: TeacherLogProbSource {
    private let model: FrozenTransformer
    private let windowsPerForward: Int
    private let last = Locked<(step: Int, logProbs: [[Float]])?>(nil)

    package init(_ model: FrozenTransformer, windowsPerForward: Int) {
        self.model = model
        self.windowsPerForward = windowsPerForward
    }

    package func request(_ batch: StepBatch) {}

    package var scoresFingerprint: String? { model.scoresFingerprint.hex }

    /// Called by the one thread that steps.
    package func logProbs(_ batch: StepBatch) throws -> [[Float]] {
        if let last = last.withLock({ $0 }), last.step == batch.step { return last.logProbs }
        var logProbs: [[Float]] = []
        for windows in batch.microBatches(of: windowsPerForward) {
            let packed = PackedWindows(batch.windows[windows])
            logProbs += packed.split(try model.logProbs(packed.batch))
        }
        last.withLock { [logProbs] in $0 = (batch.step, logProbs) }
        return logProbs
    }
}
