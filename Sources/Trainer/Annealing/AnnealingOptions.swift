import Corpora
import Transformers

/// Everything that decides what a run computes, beside its student, teacher and corpus: two runs with equal options, on one kernel
/// path, end with the same bits. Saved in every checkpoint; a resumed run must have the same.
package struct AnnealingOptions: Sendable, Equatable, Codable {
    /// `remit`, `remit-static`, `ntp`, `rho1`, or a control.
    package var weighting = "remit"
    package var epsilon = 0.2
    package var centering = "sequence"
    package var keepFraction = 0.6
    /// nil: the objective is the weighted loss alone. With it the weighting is `ntp`.
    package var distillation: DistillationOptions?
    package var normalizer = LossNormalizer.tokens
    /// Weight of the squared log Z in the loss; 0: none.
    package var zLossWeight = 0.0
    package var attention = AttentionScope.document
    package var raisedDomain = "reasoning"
    /// Longest segment, and a window's room, in tokens.
    package var sequenceLength = 2048
    /// Windows per optimizer step; the last step of an epoch may have fewer.
    package var batchSequences = 8
    /// Windows per forward and backward.
    package var microBatchSequences = 1
    package var totalSteps = 0
    package var schedule = LearningRateSchedule(peak: 3e-4)
    package var optimizer = AdamWOptions()
    /// Gradients are scaled down to this norm; 0: never.
    package var gradientClip = 1.0
    package var spikes = SpikeOptions()
    package var seed: UInt64 = 0
    /// Of the student's matrix products.
    package var precision = Precision.f32
    /// Held-out loss every so many steps; 0: never.
    package var evaluateEvery = 0

    package init() {}

    /// Throws for numbers that no run can have.
    package func validate() throws {
        let require = AnnealingError.require
        try require(sequenceLength >= 2, "sequence-length", sequenceLength, "2 or more")
        try require(batchSequences >= 1, "batch-sequences", batchSequences, "1 or more")
        try require(microBatchSequences >= 1, "micro-batch-sequences", microBatchSequences, "1 or more")
        try require(totalSteps >= 1, "steps", totalSteps, "1 or more")
        try schedule.validate(totalSteps: totalSteps)
        try optimizer.validate()
        try AdamWOptions.validate(gradientClip: gradientClip)
        try require(
            zLossWeight.isFinite && zLossWeight >= 0, "z-loss-weight", zLossWeight, "a finite number, 0 (none) or more")
        try require(
            spikes.deviations.isFinite && spikes.deviations >= 0, "skip-spikes", spikes.deviations,
            "a finite number of standard deviations, 0 (never skip) or more")
        try require(spikes.window >= 2, "spike-window", spikes.window, "2 or more steps")
        if let distillation {
            try require(distillation.topK >= 1, "kd-top-k", distillation.topK, "1 or more")
            try require(
                distillation.weight > 0 && distillation.weight <= 1, "kd-weight", distillation.weight,
                "a number above 0, up to 1 (0 is --weighting ntp)")
            try require(
                weighting == "ntp", "weighting", weighting, "none beside --objective kd: its next-token part is plain")
            try require(normalizer == .tokens, "normalizer", normalizer.rawValue, "tokens with --objective kd")
        }
        try require(evaluateEvery >= 0, "eval-every", evaluateEvery, "0 (never) or more")
    }
}

/// Loshchilov and Hutter, Decoupled weight decay regularization (2019), with the constants usual in language-model training.
package struct AdamWOptions: Sendable, Equatable, Codable {
    package var beta1 = 0.9
    package var beta2 = 0.95
    package var epsilon = 1e-8
    /// Not for norms, biases and embeddings.
    package var weightDecay = 0.1

    package init() {}

    package func validate() throws {
        try AnnealingError.require(
            weightDecay.isFinite && weightDecay >= 0, "weight-decay", weightDecay, "a finite number, 0 or more")
    }

    /// - Parameter gradientClip: the norm that gradients are scaled down to before an update; 0: never.
    package static func validate(gradientClip: Double) throws {
        try AnnealingError.require(
            gradientClip.isFinite && gradientClip >= 0, "grad-clip", gradientClip,
            "a finite number, 0 (never clip) or more")
    }
}
