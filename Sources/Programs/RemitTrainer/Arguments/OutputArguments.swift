import ArgumentParser
import CommandLines

/// What a run leaves beside its result, log and checkpoints.
struct OutputArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("TensorBoard event files (default: OUT/tensorboard).", valueName: "directory"),
        completion: .directory)
    var tensorboard: String?

    @Option(
        in: ArgumentRanges.everySteps,
        help: ArgumentHelp(
            "The student as a Hugging Face directory every so many steps, as OUT/exports/step-... (0: not).",
            discussion: "To be evaluated by other programs while the run goes on. remit.json in it is written last.",
            valueName: "steps"))
    var exportEvery = 0
}
