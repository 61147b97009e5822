import Training
import Transformers

/// What a run was started with, by fingerprint. All must be the same when it is resumed.
package struct ReinforcementInputs: Sendable, Equatable, Codable {
    /// Model fingerprint of the student before the first step.
    package var student: String
    /// Fingerprint of the tokenizer, in hexadecimal.
    package var tokenizer: String
    /// Fingerprint of the prompt source.
    package var prompts: String
    /// Fingerprint of the ids of all prompts of files; nil where tasks make them, and in states of before it was kept. Added tokens, which the
    /// tokenizer's fingerprint leaves out, make others.
    package var promptTokens: String?
    /// Ids of the tokens that end a completion, ascending, with commas, or `none`; nil in states of before they were kept. Configuration files
    /// alone name them, and another one makes other completions.
    package var ends: String?
    /// Id of the student's padding token, whose row of the embedding learns nothing from being looked up, or `none`; nil in states of before
    /// it was kept.
    package var padding: String?

    package init(
        student: String, tokenizer: String, prompts: String, promptTokens: String? = nil, ends: String? = nil,
        padding: String? = nil
    ) {
        self.promptTokens = promptTokens
        self.ends = ends
        self.padding = padding
        self.student = student
        self.tokenizer = tokenizer
        self.prompts = prompts
    }
}

/// All of a run's state but parameters and moments. There is no hidden random state: a step's prompts and draws are functions of the
/// seed and the step.
package struct ReinforcementState: Sendable, Equatable, Codable, ResumableState {
    /// A reinforcement.
    package static let kind = RunKind.reinforcement
    /// Form of the state that this program writes; a checkpoint with another one is refused. 2: an advantage is in sample
    /// deviations, a ratio at the temperature of the draw, file prompts in uniform order.
    package static let currentFormat = 2

    /// Form in which this state was written.
    package var format = Self.currentFormat
    /// Steps that are done.
    package var step = 0
    /// Updates that the optimizer made, `updatesPerStep` in each step.
    package var updates = 0
    /// Completion tokens of all steps that are done.
    package var tokens = 0
    /// Options of the run as it was last started or resumed: `reward` and `totalSteps` may have changed.
    package var options: ReinforcementOptions
    /// What the run was started with.
    package var inputs: ReinforcementInputs
    /// Names of the kernels, and of the OpenBLAS core where it is used, on which the last bits of a run depend.
    package var kernelPath: String
    /// `Precision.trainingNumericsVersion` of the program that computed the steps; runs of before it was kept have none.
    package var numericsVersion: Int? = Precision.trainingNumericsVersion
    /// Changes that the run was allowed when it was resumed, in their order.
    package var changes: [InputChange] = []

    /// The state before the first step.
    package init(options: ReinforcementOptions, inputs: ReinforcementInputs, kernelPath: String) {
        self.options = options
        self.inputs = inputs
        self.kernelPath = kernelPath
    }

    /// The state with which a run that would begin as `now` continues this one: exactly, but that it may have more steps and another
    /// reward, and with `allowNumericsChange` another kernel path and numerics version,
    /// with `allowLearningRateChange` another schedule.
    ///
    /// - Throws: `TrainingError.changedOnResume` where anything else differs, or the steps are fewer.
    package func resumed(
        by now: ReinforcementState, allowNumericsChange: Bool, allowLearningRateChange: Bool = false
    ) throws -> ReinforcementState {
        let (steps, nowSteps) = (options.totalSteps, now.options.totalSteps)
        guard nowSteps >= steps else {
            throw TrainingError.changedOnResume(
                what: "the option totalSteps", was: "\(steps)", now: "\(nowSteps)",
                hint: "A resumed run may have more --steps, not fewer")
        }
        var resumed = self
        resumed.options.totalSteps = nowSteps
        resumed.options.reward = now.options.reward
        for (field, was, value) in try ResumeCheck.differences(resumed.options, now.options)
        where field.hasPrefix("schedule.") {
            guard allowLearningRateChange else {
                throw TrainingError.changedOnResume(
                    what: "the option \(field)", was: was, now: value, hint: ResumeCheck.learningRateHint)
            }
            resumed.changes.append(InputChange(step: step, what: field, was: was, now: value))
        }
        resumed.options.schedule = now.options.schedule
        try ResumeCheck.options(resumed.options, now.options)
        // What a state of before they were kept had is not known.
        resumed.inputs.promptTokens = inputs.promptTokens ?? now.inputs.promptTokens
        resumed.inputs.ends = inputs.ends ?? now.inputs.ends
        resumed.inputs.padding = inputs.padding ?? now.inputs.padding
        try ResumeCheck.inputs(resumed.inputs, now.inputs)
        try ResumeCheck.kernelPath(kernelPath, now.kernelPath, allowNumericsChange: allowNumericsChange)
        let (version, own) = (String(numericsVersion ?? 1), String(now.numericsVersion ?? 1))
        try ResumeCheck.numericsVersion(version, own, allowNumericsChange: allowNumericsChange)
        (resumed.kernelPath, resumed.numericsVersion) = (now.kernelPath, now.numericsVersion)
        resumed.changes += [
            ("totalSteps", "\(steps)", "\(nowSteps)"), ("reward", options.reward, now.options.reward),
            ("kernelPath", kernelPath, now.kernelPath), ("numericsVersion", version, own),
        ].filter { $0.1 != $0.2 }.map { InputChange(step: step, what: $0.0, was: $0.1, now: $0.2) }
        return resumed
    }
}
