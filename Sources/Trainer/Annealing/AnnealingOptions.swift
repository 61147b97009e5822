import Corpora
import TokenWeights
import Training
import Transformers

/// Everything that decides what a run computes, beside its student, teacher and corpus: two runs with equal options, on one kernel
/// path, end with the same bits. Saved in every checkpoint; a resumed run must have the same.
///
/// Written flat, as it was before the weighting became a value: checkpoints and remit.json of any age read alike.
@dynamicMemberLookup
package struct AnnealingOptions: Sendable, Equatable, Codable {
    /// Choice of the weighting; that of `ntp` where the run distils.
    package var weighting = Weighting()
    private var training = TrainingOptions()

    package init() {}

    package init(from decoder: any Swift.Decoder) throws {
        weighting = try Weighting(from: decoder)
        training = try TrainingOptions(from: decoder)
    }

    package func encode(to encoder: any Swift.Encoder) throws {
        try weighting.encode(to: encoder)
        try training.encode(to: encoder)
    }

    /// The members of `TrainingOptions` are this type's own to who reads or sets them.
    package subscript<Value>(dynamicMember member: WritableKeyPath<TrainingOptions, Value>) -> Value {
        get { training[keyPath: member] }
        set { training[keyPath: member] = newValue }
    }

    /// Whether the lowest held-out loss is to be known.
    var needsLowestHeldOutLoss: Bool { training.keepBest == true || training.stopAfterWorse != nil }

    /// Checks every number but those of the weighting, which `Weighting` checks.
    ///
    /// - Throws: `TrainingError.badOption`, with the name of the flag.
    package func validate() throws {
        try training.validate()
        guard training.distillation != nil else { return }
        try TrainingError.require(
            weighting.name == NextTokenPrediction.name, "weighting", weighting.name,
            "none beside --objective kd: its next-token part is plain")
    }
}

/// What a training is told, whatever weighs its tokens.
package struct TrainingOptions: Sendable, Equatable, Codable {
    /// Distillation from the teacher beside plain next-token loss, and then the weighting is `ntp`. nil: the objective is the
    /// weighted loss alone.
    package var distillation: DistillationOptions?
    /// Divisor of the weighted loss; `tokens` where there is distillation.
    package var normalizer = LossNormalizer.tokens
    /// Weight of the squared log Z in the loss; 0: none.
    package var zLossWeight = 0.0
    /// What a token sees: its own segment, or everything before it in its window.
    package var attention = AttentionScope.document
    /// Order of the corpus; nil: `shuffled`, as in runs of before there was another one.
    package var order: CorpusOrder?
    /// Longest segment, and a window's room, in tokens.
    package var sequenceLength = 2048
    /// Windows per optimizer step; the last step of an epoch may have fewer.
    package var batchSequences = 8
    /// Windows per forward and backward. More of them need more memory; the loss has the same divisor whatever their number.
    package var microBatchSequences = 1
    /// Optimizer steps of the whole run, those before a resume included. 1 or more: the default is refused by `validate`.
    package var totalSteps = 0
    /// Learning rate of each step.
    package var schedule = LearningRateSchedule(peak: 3e-4)
    /// Constants of AdamW, the weight decay among them.
    package var optimizer = AdamWOptions()
    /// Euclidean norm to which the gradient of a step is scaled down where it is larger; 0: never.
    package var gradientClip = 1.0
    /// When a step counts as a spike and makes no update; by default none does.
    package var spikes = SpikeOptions()
    /// Seed of a shuffled corpus's order in every epoch, of the controls `random` and `random-matched`, and of a student that starts from random parameters.
    package var seed: UInt64 = 0
    /// Precision of the student's matrix products.
    package var precision = Precision.f32
    /// Steps between held-out losses, where there is a held-out corpus; 0: none but before the first step and after the last.
    package var evaluateEvery = 0
    /// Whether the student with the lowest held-out loss is kept; nil: it is not.
    package var keepBest: Bool?
    /// Held-out losses, one after another, that are not below the lowest one before them, after which the run ends; nil: it does not.
    package var stopAfterWorse: Int?

    /// - Throws: `TrainingError.badOption`, with the name of the flag, for a number that no training can have.
    func validate() throws {
        let require = TrainingError.require
        try require(sequenceLength >= 2, "sequence-length", sequenceLength, "2 or more")
        try require(batchSequences >= 1, "batch-sequences", batchSequences, "1 or more")
        try require(microBatchSequences >= 1, "micro-batch-sequences", microBatchSequences, "1 or more")
        try require(totalSteps >= 1, "steps", totalSteps, "1 or more")
        try schedule.validate(totalSteps: totalSteps)
        try optimizer.validate()
        try GradientClip(maxNorm: gradientClip).validate()
        try require(
            zLossWeight.isFinite && zLossWeight >= 0, "z-loss-weight", zLossWeight, "a finite number, 0 (none) or more")
        try require(
            spikes.deviations.isFinite && spikes.deviations >= 0, "skip-spikes", spikes.deviations,
            "a finite number of standard deviations, 0 (never skip) or more")
        try require(spikes.window >= 2, "spike-window", spikes.window, "2 or more steps")
        if let distillation {
            try distillation.validate()
            try require(normalizer == .tokens, "normalizer", normalizer.rawValue, "tokens with --objective kd")
        }
        try require(evaluateEvery >= 0, "eval-every", evaluateEvery, "0 (never) or more")
        if let stopAfterWorse {
            try require(stopAfterWorse >= 1, "stop-after-worse", stopAfterWorse, "1 or more held-out losses")
            try require(evaluateEvery >= 1, "eval-every", evaluateEvery, "1 or more with --stop-after-worse")
        }
    }
}
