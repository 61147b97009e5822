import ArgumentParser
import CommandLines

/// Where the run is kept.
struct RunArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("Directory of the result, the log and the checkpoints.", valueName: "directory"),
        completion: .directory)
    var out: String

    @OptionGroup var parameters: ParameterArguments

    @OptionGroup var compute: ComputeArguments

    @Option(
        in: ArgumentRanges.everySteps,
        help: ArgumentHelp("Checkpoint of the run every so many steps (0: at the end only).", valueName: "steps"))
    var saveEvery = 100

    @Option(in: 1...1_000_000, help: ArgumentHelp("How many checkpoints of the run are kept.", valueName: "number"))
    var keepCheckpoints = 2

    @Flag(help: "Continue the run in OUT from its last checkpoint: same options, same result.")
    var resume = false

    @Option(
        in: ArgumentRanges.everySteps,
        help: ArgumentHelp(
            "Continue from the checkpoint of this step instead, where the last one is damaged; later ones are set aside.",
            valueName: "step"))
    var resumeFrom: Int?

    var isResumed: Bool { resume || resumeFrom != nil }

    @Flag(
        help:
            "Resume although another CPU kernel path would change the last bits; train on a side-car of an earlier version's arithmetic."
    )
    var allowNumericsChange = false

    @Flag(help: "Resume with another schedule of the learning rate than the run had; remit.json names both.")
    var allowLearningRateChange = false
}
