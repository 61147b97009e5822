import Corpora
import Digests
import Sequences
import System
import Training
import Transformers

/// Log-probs of a frozen model held by this process: the base of a static weighting. Computed when they are asked for, and kept while
/// the same step asks again.
package final class FrozenLogProbs: StepSource {
    private let model: FrozenTransformer
    private let windowsPerForward: Int
    private let last = Locked<(step: Int, logProbs: [[Float]])?>(nil)

    /// `windowsPerForward` windows are computed together; it changes memory, not results.
    package init(_ model: FrozenTransformer, windowsPerForward: Int) {
        self.model = model
        self.windowsPerForward = windowsPerForward
    }

    /// Does nothing: log-probs are computed when they are asked for.
    package func request(_ batch: StepBatch) {}

    /// Scores fingerprint of the frozen model, known from the start.
    package var scoresFingerprint: String? { model.scoresFingerprint.hex }

    /// Log-probs of every token of every window, computed once a step. [windows][T]; NaN at the first token of each segment. Called
    /// by the one thread that steps.
    package func answer(_ batch: StepBatch) throws -> [[Float]] {
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
