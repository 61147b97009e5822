import Corpora
import TokenWeights
import Training

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

/// Windows of a step whose weights are asked for, with what the student says of them as it is at this step.
package struct WeightQuestion: Sendable {
    /// Step, all of it: it was announced.
    package let batch: StepBatch
    /// Indices into the windows of the step.
    package let windows: Range<Int>
    /// Natural log-probs of these windows under the student. [windows][T]
    package let student: [[Float]]

    package init(_ batch: StepBatch, windows: Range<Int>, student: [[Float]]) {
        self.batch = batch
        self.windows = windows
        self.student = student
    }
}

extension TokenWeighting {
    /// What the loss over a window is divided by. It depends on the mask alone, so that it is known before any log-prob is.
    func keptTokens(_ window: TrainingWindow) throws -> Int { keptTokens(ofScored: window.scoredTokens) }
}
