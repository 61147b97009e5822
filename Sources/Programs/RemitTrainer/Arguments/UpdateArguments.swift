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
        in: ArgumentRanges.gradientNorms,
        help: ArgumentHelp("Gradients are scaled down to this norm (0: never).", valueName: "norm"))
    var gradClip = 1.0

    /// The learning rate over the run's steps.
    var learningRateSchedule: LearningRateSchedule {
        LearningRateSchedule(
            schedule, peak: learningRate, warmupSteps: warmupSteps, finalFraction: finalLearningRateFraction)
    }
}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}
