import Checkpoints
import CommandLines
import Corpora
import Formats
import Foundation
import LocalEngines
import OfflineScoring
import System
import Tensors
import Transformers

/// From the command line to a whole side-car. The engine is the server's, loaded as the server loads it: a segment gets the bits that
/// it would get over HTTP.
struct ScoreRun {
    let command: ScoreCommand
    let terminal: Terminal
    let stop: StopFlag

    /// The rows of the table that the program ends with.
    func run() throws -> [(String, String)] {
        let files = try CorpusFiles(command.corpus)
        let checkpoint = try Checkpoint(
            model: command.model, ignoring: command.compute.ignoredConfigFields)
        let ofTeacher = try checkpoint.textSide()
        let text = try command.tokenizer.map { try TextSide(directory: $0) } ?? ofTeacher
        for remark in text.remarks { terminal.line("tokenizer: \(remark)") }
        let scoring = OfflineRun(files, text: text, options: options, stop: stop, onEvent: say)
        try scoring.check(ofTeacher.tokenizer)
        let engine = try loadEngine(checkpoint)
        let summary = try scoring.run(
            OfflineTeacher(
                name: name, engine: engine.engine, tokenizer: ofTeacher.tokenizer,
                vocabularySize: engine.description.vocabularySize, contextLength: engine.description.contextLength,
                modelFingerprint: engine.modelFingerprint, precision: engine.precision.rawValue))
        return [
            ("segments", "\(summary.segments)"), ("tokens", "\(summary.tokens)"),
            ("log-probs", "\(Format.count(Double(summary.tokens * 4)))B in \(command.out)"),
            ("time", Format.time(summary.seconds)),
        ]
    }

    private var name: String {
        command.name ?? URL(fileURLWithPath: command.model).standardizedFileURL.lastPathComponent
    }

    private var options: OfflineScoringOptions {
        OfflineScoringOptions(
            fields: command.records.fields, skipsBadLines: command.records.skipBadLines,
            tokenCache: command.tokenCache ?? command.out + "/tokens",
            sequenceLength: command.sequenceLength, out: command.out, maxBatchTokens: command.maxBatchTokens,
            shardTokens: command.shardTokens)
    }

    /// As `serve` loads one: within the memory that the models may take, and only if its kernels pass their check on this CPU.
    private func loadEngine(_ checkpoint: Checkpoint) throws -> LocalEngine {
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        if let warning = core.warning { terminal.line("warning: " + warning) }
        let loader = EngineLoader(
            precision: command.precision, workers: try command.compute.workers(),
            // Nothing waits: batches are scored one by one, and a document may be one of its own.
            maxBatchTokens: max(command.maxBatchTokens, command.sequenceLength),
            maxSegmentTokens: command.sequenceLength,
            budget: MemoryBudget(limit: command.maxMemory?.bytes ?? MachineMemory.bytes()))
        let engine = try loader.load(checkpoint)
        for remark in engine.description.remarks { terminal.line("warning: \(name): \(remark)") }
        let check = engine.selfCheck
        terminal.line("self-check of the \(check.kernelPath) kernels passed: \(check.rowsCompared) rows")
        return engine
    }

    private func say(_ event: OfflineScoringEvent) {
        switch event {
        case .remark(let line): terminal.line(line)
        case .tokenizing(let progress):
            terminal.status(
                "tokenizing: \(progress.documents) documents, \(Format.count(Double(progress.tokens))) tokens")
        case .tokenized(let summary):
            for line in summary.lines(count: Format.count) { terminal.line("corpus: \(line)") }
        case .scoring(let tokens, let total, let speed):
            terminal.progress(
                ScoreProgress(tokens: tokens, of: total, tokensPerSecond: speed).line(
                    columns: terminal.isInteractive ? terminal.columns : nil),
                always: tokens == total)
        }
    }
}
