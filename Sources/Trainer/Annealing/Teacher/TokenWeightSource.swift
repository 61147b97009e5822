import Corpora
import TokenWeights

/// The weights of one window.
package struct WindowWeights: Sendable, Equatable {
    package let weights: [Float]  // [T], 0 where not scored
    package let clippedLow: Int
    package let clippedHigh: Int

    package init(weights: [Float], clippedLow: Int, clippedHigh: Int) {
        self.weights = weights
        self.clippedLow = clippedLow
        self.clippedHigh = clippedHigh
    }
}

/// Where the weights of a step come from: computed here from the teacher's log-probs, or by the server from the student's.
package protocol TokenWeightSource: Sendable {
    /// Announces a step; returns at once.
    func request(_ batch: StepBatch)

    /// The weights of some windows of an announced step, from the student's log-probs as they are at this step.
    func weights(_ batch: StepBatch, windows: Range<Int>, student: [[Float]]) throws -> [WindowWeights]

    /// The scores fingerprint of what was answered so far; nil before the first answer.
    var scoresFingerprint: String? { get }
}

extension TokenWeighting {
    /// What the loss over a window is divided by. It depends on the mask alone, so that it is known before any log-prob is.
    func keptTokens(_ window: TrainingWindow) throws -> Int { keptTokens(ofScored: window.scoredTokens) }
}
