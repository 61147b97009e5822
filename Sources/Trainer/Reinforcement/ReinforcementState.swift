import Annealing
import Transformers

/// Fingerprints of what a run was started with. All must be the same when it is resumed.
package struct ReinforcementInputs: Sendable, Equatable, Codable {
    /// Model fingerprint of the student before the first step.
    package var student: String
    package var tokenizer: String
    /// Of the prompts.
    package var prompts: String

    package init(student: String, tokenizer: String, prompts: String) {
        self.student = student
        self.tokenizer = tokenizer
        self.prompts = prompts
    }
}

/// All of a run's state but weights and moments. There is no hidden random state: a step's prompts and draws are functions of the
/// seed and the step.
package struct ReinforcementState: Sendable, Equatable, Codable, ResumableState {
    /// 2: an advantage is in sample deviations, a ratio at the temperature of the draw, file prompts in uniform order.
    package static let currentFormat = 2

    package var format = Self.currentFormat
    package var step = 0
    package var updates = 0
    /// Completion tokens that were drawn.
    package var tokens = 0
    package var options: ReinforcementOptions
    package var inputs: ReinforcementInputs
    package var kernelPath: String
    /// `Precision.trainingNumericsVersion` of the program that computed the steps; runs of before it was kept have none.
    package var numericsVersion: Int? = Precision.trainingNumericsVersion
    /// What was another one when the run was resumed.
    package var changes: [InputChange] = []

    package init(options: ReinforcementOptions, inputs: ReinforcementInputs, kernelPath: String) {
        self.options = options
        self.inputs = inputs
        self.kernelPath = kernelPath
    }

    /// The state with which a run that would begin as `now` continues this one: exactly, but that it may have more steps and another
    /// reward. Throws where it would not.
    package func resumed(by now: ReinforcementState, allowNumericsChange: Bool) throws -> ReinforcementState {
        let (steps, nowSteps) = (options.totalSteps, now.options.totalSteps)
        guard nowSteps >= steps else {
            throw AnnealingError.changedOnResume(
                what: "the option totalSteps", was: "\(steps)", now: "\(nowSteps)",
                hint: "A resumed run may have more --steps, not fewer")
        }
        var resumed = self
        resumed.options.totalSteps = nowSteps
        resumed.options.reward = now.options.reward
        try ResumeCheck.options(resumed.options, now.options)
        try ResumeCheck.inputs(inputs, now.inputs)
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

/// One step in the run's log. Everything but the seconds is a function of the run's options alone.
package struct ReinforcementRecord: Sendable, Equatable, StepLogRecord {
    /// From 1.
    package var step: Int
    package var meanReward: Double
    /// Share of the prompts whose completions all had one reward: nothing is learned from them.
    package var uniformShare: Double
    package var loss: Double
    /// Estimate of the divergence from the first student, a token; 0 where it is not computed.
    package var divergence: Double
    package var clippedShare: Double
    /// Before clipping, of the step's last update.
    package var gradNorm: Double
    package var learningRate: Double
    /// Completion tokens.
    package var tokens: Int
    /// Share of the completions that ended by themselves.
    package var finishedShare: Double
    package var samplingSeconds: Double
    package var rewardSeconds: Double
    package var updateSeconds: Double

    package var isEvaluation: Bool { false }

    package var withoutClock: ReinforcementRecord {
        var record = self
        (record.samplingSeconds, record.rewardSeconds, record.updateSeconds) = (0, 0, 0)
        return record
    }
}
