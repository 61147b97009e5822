import Annealing
import ArgumentParser
import CommandLines
import Corpora
import Transformers

/// What is read.
struct DataArguments: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Training corpus: files, directories or patterns (.jsonl, .txt, .npy, .idx; all but .idx also .gz, .zst).",
            discussion:
                "A JSON line has a text, or \"prompt\" and \"completion\" (the prompt is context: neither scored nor "
                + "counted), and an \"id\" and a \"domain\" if it likes. A text file is one document. A .npy file holds token "
                + "ids, each document closed by the end-of-sequence id; .idx and .bin are a Megatron pair.",
            valueName: "path"))
    var corpus: [String] = []

    @Option(
        help: ArgumentHelp(
            "YAML file with a weighted mix of corpora, instead of --corpus.",
            discussion:
                "Under 'sources', by name: paths, weight (share of an epoch's tokens, relative to the others) and, if need be, "
                + "repeat (how often an epoch may go through it, default 1) and text-field.", valueName: "file"))
    var mix: String?

    @Option(
        help: ArgumentHelp(
            "Element type of .npy files without header (default: the smallest unsigned one that holds the vocabulary).",
            valueName: "type"))
    var npyDtype: TokenElement?

    @Option(
        help: ArgumentHelp(
            "What a token sees: document (its own) or window (all before it in its training window).",
            discussion:
                "With window, the teacher scores whole windows, and such scores serve no other window. Held-out losses are by "
                + "document either way.", valueName: "scope"))
    var attention = AttentionScope.document

    @Option(help: ArgumentHelp("The field of a JSON line that holds the document.", valueName: "name"))
    var textField = "text"

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Held-out corpus; its loss is logged at the start and the end.", valueName: "path"))
    var evalCorpus: [String] = []

    @Option(help: ArgumentHelp("Held-out loss also every so many steps (0: not).", valueName: "steps"))
    var evalEvery = 0

    @Option(
        help: ArgumentHelp(
            "Tokens per training window (default: the model's context, at most \(SequenceLength.standard)).",
            discussion: "A longer document is cut at multiples of it; pieces are packed whole.", valueName: "tokens"))
    var sequenceLength: Int?

    @Flag(help: "Leave lines out that cannot be read, and report them; without it the first is an error.")
    var skipBadLines = false

    @Option(help: ArgumentHelp("Where tokenized corpora are kept (default: OUT/tokens).", valueName: "directory"))
    var tokenCache: String?
}

/// How the student is updated.
struct OptimizerArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Windows per optimizer step.", valueName: "windows"))
    var batchSequences = 8

    @Option(
        help: ArgumentHelp(
            "Windows per forward and backward: less memory, the same step but for rounding.", valueName: "windows"))
    var microBatchSequences = 1

    @Option(help: ArgumentHelp("Optimizer steps. Give this or --epochs.", valueName: "steps"))
    var steps: Int?

    @Option(help: ArgumentHelp("Passes over the corpus (default: 1).", valueName: "epochs"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Peak learning rate.", valueName: "rate"))
    var learningRate = 3e-4

    @Option(help: ArgumentHelp("Steps in which the rate rises to its peak.", valueName: "steps"))
    var warmupSteps = 0

    @Option(
        help: ArgumentHelp(
            "How the rate falls after warmup: \(LearningRateSchedule.Shape.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var schedule = LearningRateSchedule.Shape.linear

    @Option(help: ArgumentHelp("The rate at the end, as a fraction of the peak.", valueName: "fraction"))
    var finalLearningRateFraction = 0.0

    @Option(help: ArgumentHelp("AdamW's decoupled decay; not for norms, biases and embeddings.", valueName: "rate"))
    var weightDecay = 0.1

    @Option(help: ArgumentHelp("Gradients are scaled down to this norm (0: never).", valueName: "norm"))
    var gradClip = 1.0

    @Option(
        help: ArgumentHelp(
            "Adds this times the squared log-sum-exp of the logits to the loss of each token (0: none; OLMo 2: 1e-5).",
            valueName: "number"))
    var zLossWeight = 0.0

    @Option(
        help: ArgumentHelp(
            "Leave a step's update out where its loss or gradient norm is so many standard deviations above the last steps' "
                + "(0: never; OLMo: 6).", valueName: "deviations"))
    var skipSpikes = 0.0

    @Option(help: ArgumentHelp("How many steps --skip-spikes looks back.", valueName: "steps"))
    var spikeWindow = 128

    @Option(
        help: ArgumentHelp(
            "Continue AdamW's moments from another run: its --out, or one of its checkpoints (default: fresh ones).",
            valueName: "path"))
    var loadOptimizer: String?

    @Option(help: ArgumentHelp("Decides the order of the corpus, and random weights.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Matrix products of the student: f32, or bf16, which is faster and noisier.",
            discussion:
                "bf16 rounds what products read, in the forward and the backward pass; their sums, the weights, their gradients "
                + "and AdamW stay f32, as under PyTorch's autocast.", valueName: "name"))
    var precision = Precision.f32
}

/// Where the run is kept.
struct RunArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Directory of the result, the log and the checkpoints.", valueName: "directory"))
    var out: String

    @Option(help: ArgumentHelp("Element type of the resulting weights: f32 or bf16.", valueName: "type"))
    var outDtype = OutputType.bf16

    @Option(help: ArgumentHelp("The resulting weights are cut into files of at most this size.", valueName: "size"))
    var maxShardSize = ByteCount(5_000_000_000)

    @Option(
        help: ArgumentHelp("Worker threads (default: one per core). Does not change the result.", valueName: "threads"))
    var threads: Int?

    @Option(help: ArgumentHelp("Checkpoint of the run every so many steps (0: at the end only).", valueName: "steps"))
    var saveEvery = 100

    @Option(help: ArgumentHelp("How many checkpoints of the run are kept.", valueName: "number"))
    var keepCheckpoints = 2

    @Flag(help: "Continue the run in OUT from its last checkpoint: same options, same final weights.")
    var resume = false

    @Flag(help: "Resume although another CPU kernel path would change the last bits.")
    var allowNumericsChange = false

    @Flag(help: "Resume with another teacher than the run had; remit.json names both.")
    var allowTeacherChange = false

    @Flag(
        help:
            "Resume with another corpus than the run had, at the same epoch and window of its order; remit.json names both."
    )
    var allowCorpusChange = false

    var permissions: ResumePermissions {
        var permissions = ResumePermissions()
        permissions.numericsChange = allowNumericsChange
        permissions.teacherChange = allowTeacherChange
        permissions.corpusChange = allowCorpusChange
        return permissions
    }
}

/// What a run leaves beside its result, log and checkpoints.
struct OutputArguments: ParsableArguments {
    @Option(help: ArgumentHelp("TensorBoard event files (default: OUT/tensorboard).", valueName: "directory"))
    var tensorboard: String?

    @Option(
        help: ArgumentHelp(
            "The student as a Hugging Face directory every so many steps, as OUT/exports/step-... (0: not).",
            discussion: "To be evaluated by other programs while the run goes on. remit.json in it is written last.",
            valueName: "steps"))
    var exportEvery = 0
}

enum OutputType: String, CaseIterable, ExpressibleByArgument {
    case f32, bf16
}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}
extension AttentionScope: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension LossNormalizer: ExpressibleByArgument {}
extension TokenElement: ExpressibleByArgument {}

enum SequenceLength {
    static let standard = 2048

    /// What was asked for, or what the model reads.
    static func resolved(_ asked: Int?, contextLength: Int) throws -> Int {
        guard asked ?? 0 <= contextLength else {
            throw AnnealingError.sequenceTooLong(requested: asked ?? 0, contextLength: contextLength)
        }
        return asked ?? min(standard, contextLength)
    }
}
