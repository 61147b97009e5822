import Annealing
import ArgumentParser
import Checkpoints
import Coding
import CommandLines
import Corpora
import Formats
import Foundation
import Reinforcement
import RunReports
import Sequences
import System
import Tensors
import Training
import Transformers

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "A checkpoint's held-out loss (the mean next-token loss over all scored tokens of a corpus, in nats), and its accuracy on tasks.",
        discussion: """
            Documents are read as in training: each its encoding and the end-of-sequence token, cut at multiples of \
            --sequence-length; every piece starts anew at position 0, and its first token is not scored.
            """)

    /// Enough rows for full speed, little enough memory.
    private static let tokensPerForward = 8192

    @Option(
        help: ArgumentHelp("Hugging Face directory of the checkpoint.", valueName: "directory"), completion: .directory)
    var checkpoint: String

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Files or directories (.jsonl, .txt).", valueName: "path"),
        completion: .file())
    var corpus: [String] = []

    @OptionGroup(title: "Tasks") var tasks: TaskArguments

    @OptionGroup var records: RecordArguments

    @Option(
        in: ArgumentRanges.windowTokens,
        help: ArgumentHelp(
            "Longest piece (default: the model's context, at most \(SequenceLength.standard)).", valueName: "tokens"))
    var sequenceLength: Int?

    @OptionGroup var compute: ComputeArguments

    @Option(
        help: ArgumentHelp("Where tokenized corpora are kept (default: nowhere).", valueName: "directory"),
        completion: .directory)
    var tokenCache: String?

    @Flag(
        help:
            "Print one JSON object: loss, perplexity, scored_tokens, tokens, documents, sequence_length, domains; tasks."
    )
    var json = false

    func validate() throws {
        guard !corpus.isEmpty || tasks.tasks != nil else { throw ValidationError("give --corpus, --tasks or both") }
    }

    func run() async throws {
        let terminal = Terminal()
        let stop = StopFlag()
        let report = try await InterruptibleWork.run(terminal, onStop: { stop.request() }) {
            try evaluate(terminal, stop)
        }
        print(json ? try report.json : report.table)
    }

    private func evaluate(_ terminal: Terminal, _ stop: StopFlag) throws -> EvaluationReport {
        try PathCheck.input(directory: checkpoint, "--checkpoint")
        if !corpus.isEmpty { _ = try CorpusFiles(corpus, readers: records.fields.readers) }
        try PathCheck.output(directory: tokenCache, "--token-cache")
        let files = try Checkpoint(model: checkpoint, ignoring: compute.ignoredConfigFields)
        let text = try TextSide(directory: checkpoint)
        for remark in text.remarks { terminal.line("checkpoint: \(remark)") }
        let workers = try compute.workers()
        let model = try FrozenTransformer(selfChecked: files, precision: .f32, workers: workers)
        for remark in model.description.remarks { terminal.line("\(checkpoint): \(remark)") }
        var report = EvaluationReport()
        report.tasks = try tasks.scores(model, text, terminal, stop)
        if !corpus.isEmpty { report.heldOut = try heldOutLoss(model, text, terminal, stop) }
        return report
    }

    private func heldOutLoss(
        _ model: FrozenTransformer, _ text: TextSide, _ terminal: Terminal, _ stop: StopFlag
    ) throws -> HeldOutReport {
        let sequenceLength = try SequenceLength.resolved(
            sequenceLength, contextLength: model.description.contextLength)
        let cache = try tokenCache ?? Self.temporaryDirectory()
        defer { if tokenCache == nil { try? FileManager.default.removeItem(atPath: cache) } }
        let loaded = try CorpusLoader(
            text: text, cacheDirectory: cache, fields: records.fields, skipBadLines: records.skipBadLines,
            sequenceLength: sequenceLength, notices: LoadingNotices(terminal), stop: stop
        ).loadHeldOut(corpus, role: "corpus")
        try text.unreadable.check(loaded, terminal, stop)
        let heldOut = try HeldOutLoss(loaded, windowsPerForward: max(1, Self.tokensPerForward / sequenceLength))
        let meter = ProgressMeter("held-out loss", of: heldOut.tokenCount)
        var done = 0
        let result = try heldOut.evaluate(
            stop: stop,
            onProgress: { tokens in
                done += tokens
                terminal.progress(meter.progress(done))
            }, logProbs: model.logProbs)
        return HeldOutReport(
            loss: result.loss, perplexity: exp(result.loss), scoredTokens: result.scoredTokens,
            tokens: heldOut.tokenCount, documents: loaded.documentCount, sequenceLength: sequenceLength,
            domains: result.domains)
    }

    private static func temporaryDirectory() throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("remit-" + UUID().uuidString)
        try Directory.create(url.path)
        return url.path
    }
}
