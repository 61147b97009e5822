import Corpora
import TokenWeights

/// Token weights of one window, and how many of them the clip cut.
package struct WindowWeights: Sendable, Equatable {
    /// Weight of each token's loss; 0 where it is not scored. [T]
    package let weights: [Float]  // [T], 0 where not scored
    /// Scored tokens whose weight was raised to 1 - epsilon; 0 where a server does not say.
    package let clippedLow: Int
    /// Scored tokens whose weight was lowered to 1 + epsilon; 0 where a server does not say.
    package let clippedHigh: Int

    package init(weights: [Float], clippedLow: Int, clippedHigh: Int) {
        self.weights = weights
        self.clippedLow = clippedLow
        self.clippedHigh = clippedHigh
    }
}

/// A source of the weights of a step: computed here from the teacher's log-probs, or by the server from the student's.
package protocol TokenWeightSource: Sendable {
    /// Announces a step; returns at once.
    func request(_ batch: StepBatch)

    /// The weights of some windows of an announced step, from the student's log-probs as they are at this step.
    ///
    /// - Parameters:
    ///   - windows: indices into the windows of the step.
    ///   - student: log-probs of those windows. [windows][T]
    func weights(_ batch: StepBatch, windows: Range<Int>, student: [[Float]]) throws -> [WindowWeights]

    /// The scores fingerprint of what was answered so far; nil before the first answer.
    var scoresFingerprint: String? { get }
}

extension TokenWeighting {
    /// What the loss over a window is divided by. It depends on the mask alone, so that it is known before any log-prob is.
    func keptTokens(_ window: TrainingWindow) throws -> Int { keptTokens(ofScored: window.scoredTokens) }
}
