import ArgumentParser
import CommandLines
import Formats
import Foundation
import OfflineScoring
import ScoreFiles
import System
import TokenWeights
import Transformers

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Write a teacher's log-probs of a whole corpus to files, for training without a server.",
        discussion: """
            --form segments: OUT becomes a side-car: safetensors shards with one f32 a token, found by the hash of a segment's ids, and \
            manifest.json. Any corpus that remit-trainer reads.

            --form parallel: OUT gets a file of numbers for each token file of --corpus (.npy, Megatron pairs), one an item, NaN where \
            nothing is scored, and a JSON that says what it is. What loaders of large corpora map beside their tokens. With --base also \
            the static weights, in files of the same form.

            --plan PLAN: ranges of a plan that python -m remit.score plan made are scored into the results in OUT, beside any number of \
            other workers, those of Python among them; python -m remit.score merge makes parallel files of them.

            remit-trainer anneal --logprobs-from OUT reads either form, with the bits that a server would have answered, at any seed; \
            remit-trainer verify OUT checks it; a plan's results are read and checked once they are merged. Documents are cut as the trainer cuts them: give its --sequence-length, and as \
            --tokenizer the student, whose end-of-sequence token closes each document. Ctrl-C saves; the same command goes on where it \
            stopped, and behind the last whole shard or range where it was killed.

            With --engine the teacher is computed by vLLM or SGLang; its canaries are kept in OUT/engine unless --engine-state says where.

            Exit status: 0 all is scored, 130 stopped by a signal with what is done saved.
            """)

    static let standardLease = TimeSpan(.seconds(600))

    @Option(help: ArgumentHelp("The teacher: a Hugging Face checkpoint.", valueName: "dir"), completion: .directory)
    var model: String
    @Option(help: "The teacher's name in the manifest (default: its directory's).")
    var name: String?
    @Option(
        help: ArgumentHelp(
            "Directory with the tokenizer.json and config.json that turn text into ids (default: the teacher's).",
            valueName: "dir"), completion: .directory)
    var tokenizer: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files or directories, as remit-trainer reads them.", valueName: "path"), completion: .file()
    )
    var corpus: [String] = []
    @Option(
        help: ArgumentHelp(
            "segments (a side-car) or parallel (a file of numbers beside each token file).", valueName: "form"))
    var form = ScoreForm.segments
    @Option(
        help: ArgumentHelp(
            "parallel: what is scored on its own: document, or chunk (windows of a file at multiples of --sequence-length, attention "
                + "across documents).", valueName: "unit"))
    var unit = ScoreUnit.Kind.document
    @Option(help: ArgumentHelp("parallel and --plan: how a number is stored.", valueName: "type"))
    var dtype = ScoreElement.f32
    @Option(
        help: ArgumentHelp(
            "parallel: a frozen base; the static weights of the teacher against it are written too.", valueName: "dir"),
        completion: .directory)
    var base: String?
    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp(
            "--base: static weights are clipped to 1 - epsilon ... 1 + epsilon (default: \(Weighting().epsilon)).",
            valueName: "number"))
    var epsilon: Double?
    @Option(
        help: ArgumentHelp(
            "Instead of --corpus: a plan whose ranges are scored, beside other workers.", valueName: "file"),
        completion: .file())
    var plan: String?
    @Option(
        in: ArgumentRanges.times,
        help: ArgumentHelp(
            "--plan: after so long without a sign of life another worker's range is free (default: \(standardLease)).",
            valueName: "time"))
    var lease: TimeSpan?
    @OptionGroup var records: RecordArguments
    @Option(
        help: ArgumentHelp("Where the tokenized corpus is kept (default: OUT/tokens).", valueName: "dir"),
        completion: .directory)
    var tokenCache: String?
    @Option(
        in: ArgumentRanges.windowTokens,
        help: ArgumentHelp(
            "Documents are cut at multiples of it, as in the run, or the length of a chunk; a plan has its own.",
            valueName: "tokens"))
    var sequenceLength: Int?
    @Option(
        help: ArgumentHelp("Directory of the scores, or of a plan's results.", valueName: "dir"), completion: .directory
    )
    var out: String
    @Option(help: "f32 is exact, bf16 faster.")
    var precision = Precision.f32
    @OptionGroup var compute: ComputeArguments
    @OptionGroup var packing: PackedCacheArguments
    @OptionGroup var engines: EngineArguments
    @Option(
        in: ArgumentRanges.bytes,
        help: ArgumentHelp(
            "Memory for parameters and working memory; a model that needs more is not loaded (default: the machine's or the control "
                + "group's).", valueName: "size"))
    var maxMemory: ByteCount?
    @Option(in: ArgumentRanges.tokens, help: "Most tokens in one forward pass, but for a longer single document.")
    var maxBatchTokens = 4096
    @Option(
        in: ArgumentRanges.tokens,
        help: "Tokens of a shard or range, about. A scoring that is killed loses less than one.")
    var shardTokens = 1 << 20

    func validate() throws {
        guard !out.contains("://") else {
            throw ValidationError(
                "--out is a directory of this machine; mount a store, or let python -m remit.score write to it")
        }
        if let contradiction = engines.withoutEngine { throw ValidationError(contradiction) }
        guard epsilon == nil || base != nil else {
            throw ValidationError(
                "--epsilon clips static weights, which --base makes: give --base DIR, or leave it out")
        }
        if plan != nil {
            guard unit == .document else {
                throw ValidationError("--plan says what is scored on its own: leave --unit out")
            }
            guard corpus.isEmpty, sequenceLength == nil else {
                throw ValidationError(
                    "--plan names the token files and the sequence length: leave --corpus and --sequence-length out")
            }
            guard base == nil else {
                throw ValidationError(
                    "--base needs --form parallel without a plan. Score the base by the same plan into another --out; python -m "
                        + "remit.scores weights makes the weights of both")
            }
            return
        }
        guard lease == nil else {
            throw ValidationError("--lease is between the workers of a --plan: give one, or leave it out")
        }
        guard !corpus.isEmpty else {
            throw ValidationError("Missing expected argument '--corpus <path> ...' or '--plan <file>'")
        }
        guard sequenceLength != nil else {
            throw ValidationError("Missing expected argument '--sequence-length <tokens>'")
        }
        guard form == .parallel || unit == .document else {
            throw ValidationError("--unit chunk needs --form parallel: a side-car holds documents")
        }
        guard form == .parallel || dtype == .f32 else {
            throw ValidationError("--dtype f16 needs --form parallel or --plan: a side-car's numbers are f32")
        }
        guard form == .parallel || base == nil else {
            throw ValidationError(
                "--base needs --form parallel; with a side-car remit-trainer anneal --weighting remit-static makes the weights itself"
            )
        }
    }

    func run() throws {
        let terminal = Terminal()
        let stop = StopFlag()
        try SignalThread.install()
        try SignalThread.start { _ in
            stop.request()
            terminal.line("stopping after this batch; once more ends at once")
        }
        do {
            let summary = try ScoreRun(command: self, terminal: terminal, stop: stop).run()
            terminal.status("")
            print(Format.table(summary))
        } catch OfflineScoringError.stopped {
            terminal.line("stopped; the same command goes on with what is in \(out)")
            throw ExitCode(130)
        }
    }
}

/// The two forms of a corpus's log-probs on disk.
enum ScoreForm: String, CaseIterable, ExpressibleByArgument {
    case segments, parallel
}

extension ScoreUnit.Kind: ExpressibleByArgument {}
extension ScoreElement: ExpressibleByArgument {}
