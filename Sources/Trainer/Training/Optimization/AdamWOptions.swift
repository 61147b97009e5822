/// Constants of AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), those usual in language-model training.
package struct AdamWOptions: Sendable, Equatable, Codable {
    /// Decay of the running mean of gradients, per update; 0 or more, below 1.
    package var beta1 = 0.9
    /// Decay of the running mean of squared gradients, per update; 0 or more, below 1.
    package var beta2 = 0.95
    /// Term beside the root of the second moment in an update's divisor, so that it is never 0.
    package var epsilon = 1e-8
    /// Decoupled weight decay: an update takes learning rate * decay of each parameter away. Not for norms, biases and embeddings.
    package var weightDecay = 0.1
    /// Parameters with a rate or a decay of their own, none of them in two groups; nil where there are none, as in runs of before there
    /// were groups.
    package var parameterGroups: [ParameterGroup]?
    /// Decay, per update, of the exponential moving average of the parameters that is kept beside them; 0 or more, below 1. nil: none is
    /// kept.
    package var emaDecay: Double?

    package init() {}

    /// Checks the numbers. Whether the groups are those of a model is for `check(_:)` to say.
    ///
    /// - Throws: `TrainingError.badOption` for a number that is out of range or not finite.
    package func validate() throws {
        let require = TrainingError.require
        for (name, beta) in [("adam-beta1", beta1), ("adam-beta2", beta2)] {
            try require((0.0..<1).contains(beta), name, beta, "a number, 0 or more and below 1")
        }
        if let emaDecay {
            try require((0.0..<1).contains(emaDecay), "ema", emaDecay, "a number, 0 or more and below 1")
        }
        try require(epsilon.isFinite && epsilon > 0, "adam-epsilon", epsilon, "a finite number above 0")
        try require(
            weightDecay.isFinite && weightDecay >= 0, "weight-decay", weightDecay, "a finite number, 0 or more")
    }
}
