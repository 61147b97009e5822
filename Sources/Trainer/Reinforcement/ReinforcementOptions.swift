import Training

/// Everything that decides what a run computes, beside its student, its prompts and its rewards: two runs with equal options, on one
/// kernel path, end with the same bits. Saved in every checkpoint; a resumed run must have the same, but for `reward` and more steps.
package struct ReinforcementOptions: Sendable, Equatable, Codable {
    /// Judge of the completions: names of task families with commas between, `all`, or a command.
    package var reward = "all"
    /// Prompts of one step.
    package var promptsPerStep = 32
    /// Completions drawn of each prompt, the group within which advantages are taken; 2 or more.
    package var samplesPerPrompt = 8
    /// Longest completion in tokens.
    package var maxNewTokens = 64
    /// Temperature at which tokens are drawn and learned: log-probs are those of softmax(logits / temperature).
    package var temperature = 1.0
    /// Likeliest tokens that may be drawn; nil: all. The objective's log-probs are of the whole distribution in either case.
    package var topK: Int?
    /// Probability that the likeliest tokens must have together, beyond which none may be drawn; nil: all may.
    package var topP: Double?
    /// How far the ratio to the student that drew the token may be from 1: it is cut to 1 - clip ... 1 + clip.
    package var clip = 0.2
    /// How far above 1 the ratio may be, in place of `clip`; nil: as that.
    package var clipHigh: Double?
    /// Whether completions that were cut at `maxNewTokens` are left out of the loss, though not of their group's mean; nil: no.
    package var masksTruncated: Bool?
    /// Weight of the divergence from the student before the first step; 0: none.
    package var klCoefficient = 0.0
    /// Optimizer updates a step, each on its own share of the prompts: it divides `promptsPerStep`.
    package var updatesPerStep = 1
    /// Sequences per forward and backward.
    package var microBatchSequences = 64
    /// Steps of the whole run, those before a resume included. 1 or more: the default is refused by `validate`. A resumed run may
    /// have more.
    package var totalSteps = 0
    /// Learning rate of each step; all updates of one step have the same.
    package var schedule = LearningRateSchedule(.constant, peak: 1e-5)
    /// Constants of AdamW, the weight decay among them.
    package var optimizer = AdamWOptions()
    /// Euclidean norm to which the gradient of an update is scaled down where it is larger; 0: never.
    package var gradientClip = 1.0
    /// Seed of the prompts' order and of every draw.
    package var seed: UInt64 = 0

    package init() {}

    /// Checks every number of the options.
    ///
    /// - Throws: `TrainingError.badOption`, with the name of the flag.
    package func validate() throws {
        let require = TrainingError.require
        try require(promptsPerStep >= 1, "prompts-per-step", promptsPerStep, "1 or more")
        try require(
            samplesPerPrompt >= 2, "samples-per-prompt", samplesPerPrompt,
            "2 or more: an advantage is a difference to the group's mean")
        try require(maxNewTokens >= 1, "max-new-tokens", maxNewTokens, "1 or more")
        try require(temperature > 0 && temperature.isFinite, "temperature", temperature, "a finite number above 0")
        if let topK { try require(topK >= 1, "top-k", topK, "1 or more (0: all tokens)") }
        if let topP { try require(topP > 0 && topP <= 1, "top-p", topP, "a number above 0, up to 1 (all tokens)") }
        try require(clip > 0 && clip.isFinite, "clip", clip, "a finite number above 0")
        if let clipHigh {
            try require(clipHigh > 0 && clipHigh.isFinite, "clip-high", clipHigh, "a finite number above 0")
        }
        try require(
            klCoefficient >= 0 && klCoefficient.isFinite, "kl", klCoefficient, "a finite number, 0 (none) or more")
        try require(
            updatesPerStep >= 1 && promptsPerStep % updatesPerStep == 0, "updates-per-step", updatesPerStep,
            "a number that divides the \(promptsPerStep) prompts of a step: each update has as many of them")
        try require(microBatchSequences >= 1, "micro-batch-sequences", microBatchSequences, "1 or more")
        try require(totalSteps >= 1, "steps", totalSteps, "1 or more")
        try schedule.validate(totalSteps: totalSteps)
        try optimizer.validate()
        try GradientClip(maxNorm: gradientClip).validate()
    }
}
