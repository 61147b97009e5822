import ArgumentParser
import CommandLines
import Training

/// Defaults of `UpdateArguments`, which are a command's own.
protocol UpdateDefaults {
    /// Peak learning rate.
    static var learningRate: Double { get }
    /// How the rate falls after warmup.
    static var schedule: LearningRateSchedule.Shape { get }
    /// AdamW's decoupled decay.
    static var weightDecay: Double { get }
}

/// The learning rate over a run, and what AdamW does with a gradient: for every command that trains.
struct UpdateArguments<Defaults: UpdateDefaults>: ParsableArguments {
    @Option(in: ArgumentRanges.learningRates, help: ArgumentHelp("Peak learning rate.", valueName: "rate"))
    var learningRate = Defaults.learningRate

    @Option(
        in: ArgumentRanges.everySteps,
        help: ArgumentHelp("Steps in which the rate rises to its peak.", valueName: "steps"))
    var warmupSteps = 0

    @Option(
        help: ArgumentHelp(
            "How the rate falls after warmup: \(LearningRateSchedule.Shape.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var schedule = Defaults.schedule

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp("The rate at the end, as a fraction of the peak.", valueName: "fraction"))
    var finalLearningRateFraction = 0.0

    @Option(
        in: ArgumentRanges.weightDecays,
        help: ArgumentHelp("AdamW's decoupled decay; not for norms, biases and embeddings.", valueName: "rate"))
    var weightDecay = Defaults.weightDecay

    @Option(
        in: ArgumentRanges.adamBetas,
        help: ArgumentHelp("AdamW's decay of the running mean of gradients.", valueName: "number"))
    var adamBeta1 = AdamWOptions().beta1

    @Option(
        in: ArgumentRanges.adamBetas,
        help: ArgumentHelp("AdamW's decay of the running mean of squared gradients.", valueName: "number"))
    var adamBeta2 = AdamWOptions().beta2

    @Option(
        in: AboveZero(to: 1),
        help: ArgumentHelp("AdamW's term beside the root of the second moment.", valueName: "number"))
    var adamEpsilon = AdamWOptions().epsilon

    @Option(
        help: ArgumentHelp(
            "Parameters, by name, with a rate or decay of their own: '*norm* *embed* learning-rate=0.1x weight-decay=0'.",
            discussion:
                "Names or patterns (* stands for any characters), then learning-rate as a factor of the run's at every step (0x: they "
                + "stay as they are), weight-decay for all of them, or both. Repeat it for another group; a parameter is in one.",
            valueName: "group"), transform: ParameterGroup.init(argument:))
    var parameterGroup: [ParameterGroup] = []

    @Option(
        in: ArgumentRanges.gradientNorms,
        help: ArgumentHelp("Gradients are scaled down to this norm (0: never).", valueName: "norm"))
    var gradClip = 1.0

    @Option(
        in: ArgumentRanges.movingAverageDecays,
        help: ArgumentHelp(
            "Keep an exponential moving average of the parameters with this decay an update (default: none).",
            discussion:
                "It begins as the student that is given, and is written beside each student, as its ema/: OUT/ema, "
                + "OUT/exports/step-.../ema. Usual: 0.999; it remembers about 1 / (1 - decay) updates.",
            valueName: "decay"))
    var ema: Double?

    /// Constants of AdamW, its groups, and the moving average.
    var adamW: AdamWOptions {
        var options = AdamWOptions()
        options.beta1 = adamBeta1
        options.beta2 = adamBeta2
        options.epsilon = adamEpsilon
        options.weightDecay = weightDecay
        options.parameterGroups = parameterGroup.isEmpty ? nil : parameterGroup
        options.emaDecay = ema
        return options
    }

    /// The learning rate over the run's steps.
    var learningRateSchedule: LearningRateSchedule {
        LearningRateSchedule(
            schedule, peak: learningRate, warmupSteps: warmupSteps, finalFraction: finalLearningRateFraction)
    }
}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}

extension ParameterGroup {
    /// - Throws: `ValidationError` with what is expected; the parser adds what it got, and for which flag.
    fileprivate init(argument text: String) throws {
        do {
            try self.init(parsing: text)
        } catch TrainingError.badOption(_, _, let expected) {
            throw ValidationError("expected \(expected)")
        }
    }
}
