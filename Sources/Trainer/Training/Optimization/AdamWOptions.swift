/// Constants of AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), those usual in language-model training.
package struct AdamWOptions: Sendable, Equatable, Codable {
    /// Decay of the running mean of gradients, per update.
    package var beta1 = 0.9
    /// Decay of the running mean of squared gradients, per update.
    package var beta2 = 0.95
    /// Term beside the root of the second moment in an update's divisor, so that it is never 0.
    package var epsilon = 1e-8
    /// Decoupled weight decay: an update takes learning rate * decay of each parameter away. Not for norms, biases and embeddings.
    package var weightDecay = 0.1

    package init() {}

    /// Checks the weight decay alone.
    ///
    /// - Throws: `TrainingError.badOption` where it is negative or not finite.
    package func validate() throws {
        try TrainingError.require(
            weightDecay.isFinite && weightDecay >= 0, "weight-decay", weightDecay, "a finite number, 0 or more")
    }
}
