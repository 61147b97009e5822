import Annealing
import ArgumentParser
import CommandLines
import Training
import Transformers

/// How the student is updated.
struct OptimizerArguments: ParsableArguments {
    @Option(in: ArgumentRanges.batch, help: ArgumentHelp("Windows per optimizer step.", valueName: "windows"))
    var batchSequences = 8

    @Option(
        in: ArgumentRanges.batch,
        help: ArgumentHelp(
            "Windows per forward and backward: less memory, the same step but for rounding.", valueName: "windows"))
    var microBatchSequences = 1

    @Option(in: ArgumentRanges.steps, help: ArgumentHelp("Optimizer steps. Give this or --epochs.", valueName: "steps"))
    var steps: Int?

    @Option(in: 1...1_000_000, help: ArgumentHelp("Passes over the corpus (default: 1).", valueName: "epochs"))
    var epochs: Int?

    @OptionGroup var update: UpdateArguments<AnnealingDefaults>

    @Option(
        in: 0.0...1000.0,
        help: ArgumentHelp(
            "Adds this times the squared log-sum-exp of the logits to the loss of each token (0: none; OLMo 2: 1e-5).",
            valueName: "number"))
    var zLossWeight = 0.0

    @Option(
        in: 0.0...1e9,
        help: ArgumentHelp(
            "Leave a step's update out where its loss or gradient norm is so many standard deviations above the last steps' "
                + "(0: never; OLMo: 6).", valueName: "deviations"))
    var skipSpikes = 0.0

    @Option(in: 2...1_000_000, help: ArgumentHelp("How many steps --skip-spikes looks back.", valueName: "steps"))
    var spikeWindow = 128

    @Option(
        help: ArgumentHelp(
            "Continue AdamW's moments from another run: its --out, or one of its checkpoints (default: fresh ones).",
            valueName: "path"), completion: .file())
    var loadOptimizer: String?

    @Option(
        in: ArgumentRanges.seeds,
        help: ArgumentHelp("Decides the order of the corpus, and random parameters.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Matrix products of the student: f32, or bf16, which is faster and noisier.",
            discussion:
                "bf16 rounds what products read, in the forward and the backward pass; their sums, the parameters, their gradients "
                + "and AdamW stay f32, as under PyTorch's autocast.", valueName: "name"))
    var precision = Precision.f32
}

/// Updates of a run that anneals or pretrains.
enum AnnealingDefaults: UpdateDefaults {
    static let learningRate = 3e-4
    static let schedule = LearningRateSchedule.Shape.linear
    static let weightDecay = 0.1
}
