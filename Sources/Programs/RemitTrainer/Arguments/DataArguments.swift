import ArgumentParser
import CommandLines
import Corpora
import Transformers

/// What is read.
struct DataArguments: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Training corpus: files, directories or patterns (.jsonl, .json, .txt, .npy, .idx; all but .idx also .gz, .zst).",
            discussion:
                "A JSON line has a text, or \"prompt\" and \"completion\" (the prompt is context: neither scored nor "
                + "counted), and an \"id\" and a \"domain\" if it likes. A text file is one document. A .npy file holds token "
                + "ids, each document closed by the end-of-sequence id; .idx and .bin are a Megatron pair. Other formats, folders "
                + "of datasets and addresses (s3://) are read by programs: see --reader.",
            valueName: "path"), completion: .file())
    var corpus: [String] = []

    @Option(
        help: ArgumentHelp(
            "YAML file with a weighted mix of corpora, instead of --corpus.",
            discussion:
                "Under 'sources', by name: paths, weight (share of an epoch's tokens, relative to the others) and, if need be, "
                + "repeat (how often an epoch may go through it, default 1) and text-field. Under 'phases', if need be, a list of parts of "
                + "the run, each with tokens and weights by source; they say how long the run is, over which the rate has one schedule.",
            valueName: "file"),
        completion: .file())
    var mix: String?

    @Option(
        help: ArgumentHelp(
            "Order of the corpus: shuffled (by --seed, another one each epoch) or files (as the paths are given and the documents lie in "
                + "them).",
            discussion:
                "With files, windows are filled one after another, and the sources of a mix go on side by side, each in its own order.",
            valueName: "name"))
    var order = CorpusOrder.shuffled

    @Option(
        help: ArgumentHelp(
            "What a token sees: document (its own) or window (all before it in its training window).",
            discussion:
                "With window, the teacher scores whole windows, and such scores serve no other window. Held-out losses are by "
                + "document either way.", valueName: "scope"))
    var attention = AttentionScope.document

    @OptionGroup var records: RecordArguments

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Held-out corpus; its loss is logged at the start and the end.", valueName: "path"),
        completion: .file())
    var evalCorpus: [String] = []

    @Option(
        in: ArgumentRanges.everySteps,
        help: ArgumentHelp("Held-out loss also every so many steps (0: not).", valueName: "steps"))
    var evalEvery = 0

    @Flag(
        help: ArgumentHelp(
            "Keep the student with the lowest held-out loss as OUT/best.",
            discussion: "An ordinary checkpoint, as OUT is; its remit.json has the step and the loss."))
    var keepBest = false

    @Option(
        in: ArgumentRanges.steps,
        help: ArgumentHelp(
            "End the run once so many held-out losses, one after another, are not below the lowest one (default: never).",
            valueName: "number"))
    var stopAfterWorse: Int?

    @Option(
        in: ArgumentRanges.windowTokens,
        help: ArgumentHelp(
            "Tokens per training window (default: the model's context, at most \(SequenceLength.standard)).",
            discussion: "A longer document is cut at multiples of it; pieces are packed whole.", valueName: "tokens"))
    var sequenceLength: Int?

    @Option(
        help: ArgumentHelp("Where tokenized corpora are kept (default: OUT/tokens).", valueName: "directory"),
        completion: .directory)
    var tokenCache: String?

    @Flag(
        help:
            "Resume with another corpus, or other domains, than the run had, at the same epoch and window of its order; remit.json names both."
    )
    var allowCorpusChange = false
}

extension AttentionScope: ExpressibleByArgument {}
extension CorpusOrder: ExpressibleByArgument {}
