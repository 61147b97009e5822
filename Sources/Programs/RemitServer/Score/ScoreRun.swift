import Checkpoints
import CommandLines
import Corpora
import Formats
import Foundation
import LocalEngines
import OfflineScoring
import RemoteEngines
import ScoreFiles
import System
import Tensors
import TokenWeights
import Tokenizers
import Transformers

/// From the command line to whole files. The engine is the server's, loaded as the server loads it: a segment gets the bits that
/// it would get over HTTP.
struct ScoreRun {
    let command: ScoreCommand
    let terminal: Terminal
    let stop: StopFlag

    /// The rows of the table that the program ends with.
    func run() throws -> [(String, String)] {
        try PathCheck.input(file: command.plan, "--plan")
        try PathCheck.input(directory: command.model, "--model")
        try PathCheck.input(directory: command.base, "--base")
        try PathCheck.input(directory: command.tokenizer, "--tokenizer")
        try PathCheck.output(directory: command.out, "--out")
        try PathCheck.output(directory: command.tokenCache, "--token-cache")
        try PathCheck.output(directory: command.engines.engineState?.path, "--engine-state")
        let plan = try command.plan.map { try ScoringPlan(contentsOf: $0) }
        let readers = command.records.fields.readers
        let files = try plan == nil ? CorpusFiles(command.corpus, readers: readers) : nil
        let source = try ModelSource(
            command.model, try command.engines.settings(), ignoring: command.compute.ignoredConfigFields)
        let ofTeacher = try TextSide(directory: source.directory)
        let text = try command.tokenizer.map { try TextSide(directory: $0) } ?? ofTeacher
        for remark in text.remarks { terminal.line("tokenizer: \(remark)") }
        let own = Model(
            source: source, tokenizer: ofTeacher.tokenizer, name: command.name ?? Self.name(command.model))
        if let plan { return try score(plan, own, text) }
        guard let files, let length = command.sequenceLength else { return [] }
        return try command.form == .parallel
            ? scoreItems(files, own, text, length) : scoreSegments(files, own, text, length)
    }

    /// A model that scores, before it is loaded.
    private struct Model {
        let source: ModelSource
        let tokenizer: Tokenizer
        /// For people.
        let name: String
    }

    private static func name(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    }

    private func scoreSegments(
        _ files: CorpusFiles, _ model: Model, _ text: TextSide, _ length: Int
    ) throws -> [(String, String)] {
        let options = OfflineScoringOptions(
            fields: command.records.fields, skipsBadLines: command.records.skipBadLines,
            tokenCache: command.tokenCache ?? command.out + "/tokens", sequenceLength: length, out: command.out,
            maxBatchTokens: batchTokens(model, length: length), shardTokens: command.shardTokens)
        let scoring = OfflineRun(files, text: text, options: options, stop: stop, onEvent: say)
        try scoring.check(model.tokenizer)
        let summary = try scoring.run(teacher(model, length: length))
        return [("segments", "\(summary.parts)")] + rows(summary, element: .f32)
    }

    private func scoreItems(
        _ files: CorpusFiles, _ model: Model, _ text: TextSide, _ length: Int
    ) throws -> [(String, String)] {
        let options = ParallelRun.Options(
            bareElement: command.records.npyDtype, unit: ScoreUnit(command.unit, tokens: length), out: command.out,
            element: command.dtype, maxBatchTokens: batchTokens(model, length: length), rangeItems: command.shardTokens,
            epsilon: command.epsilon ?? Weighting().epsilon)
        let scoring = ParallelRun(files, text: text, options: options, stop: stop, onEvent: say)
        try scoring.check()
        let base = try command.base.map { path in
            let checkpoint = try Checkpoint(model: path, ignoring: command.compute.ignoredConfigFields)
            return Model(
                source: .local(checkpoint), tokenizer: try checkpoint.textSide().tokenizer, name: Self.name(path))
        }
        let summary = try scoring.run(
            { try teacher(model, length: length) }, base: base.map { base in { try teacher(base, length: length) } })
        return [("token files", "\(files.files.count)")] + rows(summary, element: command.dtype)
    }

    private func score(
        _ plan: ScoringPlan, _ model: Model, _ text: TextSide
    ) throws -> [(String, String)] {
        let options = PlanRun.Options(
            results: command.out, element: command.dtype, maxBatchTokens: batchTokens(model, length: plan.unit.tokens),
            lease: (command.lease ?? ScoreCommand.standardLease).duration)
        let summary = try PlanRun(plan, tokenizer: text.tokenizer, options: options, stop: stop, onEvent: say).run(
            teacher(model, length: plan.unit.tokens), workerNumber: Int(ProcessInfo.processInfo.processIdentifier))
        return [("ranges", "\(summary.parts)")] + rows(summary, element: command.dtype)
    }

    private func rows(_ summary: OfflineScoringSummary, element: ScoreElement) -> [(String, String)] {
        [
            ("tokens", "\(summary.tokens)"),
            ("log-probs", "\(Format.count(Double(summary.tokens * element.byteCount)))B in \(command.out)"),
            ("time", Format.time(summary.seconds)),
        ]
    }

    /// Loads a model with all that files say of it.
    private func teacher(_ model: Model, length: Int) throws -> OfflineTeacher {
        let checkpoint: Checkpoint
        switch model.source {
        case .remote(let remote): return try teacher(remote, model)
        case .local(let local): checkpoint = local
        }
        let engine = try loadEngine(checkpoint, model, length: length)
        return OfflineTeacher(
            name: model.name, engine: engine.engine, tokenizer: model.tokenizer,
            vocabularySize: engine.description.vocabularySize, contextLength: engine.description.contextLength,
            modelFingerprint: engine.modelFingerprint, precision: engine.precision.rawValue,
            program: ScoringEngineName(
                name: "remit-server", version: ProgramVersion.current, device: "\(engine.selfCheck.kernelPath)"))
    }

    /// As `serve` loads one: within the memory that the models may take, and only if its kernels pass their check on this CPU.
    private func loadEngine(_ checkpoint: Checkpoint, _ model: Model, length: Int) throws -> LocalEngine {
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        if let warning = core.warning { terminal.line("warning: " + warning) }
        let loader = EngineLoader(
            precision: command.precision, workers: try command.compute.workers(),
            // Nothing waits: batches are scored one by one, and a document may be one of its own.
            maxBatchTokens: max(command.maxBatchTokens, length),
            maxSegmentTokens: length,
            budget: MemoryBudget(limit: command.maxMemory?.bytes ?? MachineMemory.bytes()),
            packed: command.packing.cache { [terminal] in terminal.line($0) })
        let engine = try loader.load(checkpoint)
        for remark in engine.description.remarks { terminal.line("warning: \(model.name): \(remark)") }
        let check = engine.selfCheck
        terminal.line("self-check of the \(check.kernelPath) kernels passed: \(check.rowsCompared) rows")
        return engine
    }

    /// An engine elsewhere, met as `serve` meets one.
    private func teacher(_ remote: RemoteModel, _ model: Model) throws -> OfflineTeacher {
        let directory = try EngineStateDirectory(command.engines.engineState?.path ?? command.out + "/engine")
        let loader = RemoteEngineLoader(remote.settings, keeping: directory) { [terminal] address, event in
            guard let line = event.complaint else { return }
            terminal.line("warning: \(address): \(line)")
        }
        var attempts = 0
        let engine = try loader.load(
            remote.facts,
            hashed: {
                let cache = WeightsCache(directory.path + "/weights.json") { [terminal] in
                    terminal.line("warning: the fingerprint of the weights is not remembered: \($0)")
                }
                return try remote.hashedWeights(cache) { terminal.line($0) }
            },
            shouldGoOn: { reason in
                if attempts.isMultiple(of: 10) { terminal.line("waiting for the engine: \(reason)") }
                attempts += 1
                return !stop.isRequested
            })
        let identity = engine.identity
        let bits = engine.isBitReproducible ? "its bits repeat" : "its bits do not repeat"
        terminal.line("engine: \(identity.kind.rawValue) \(identity.version), \(bits) under load")
        return OfflineTeacher(
            name: model.name, engine: engine, tokenizer: model.tokenizer, vocabularySize: remote.files.vocabularySize,
            contextLength: engine.maxSequenceTokens, modelFingerprint: identity.weights.modelFingerprint,
            precision: engine.precision,
            program: ScoringEngineName(
                name: identity.kind.rawValue, version: identity.version, device: identity.label))
    }

    /// An engine elsewhere takes many segments at once: what is asked of it together is several times what it holds.
    private func batchTokens(_ model: Model, length: Int) -> Int {
        guard case .remote(let remote) = model.source else { return command.maxBatchTokens }
        let requests = remote.settings.addresses.count * remote.settings.maxInFlight
        return max(command.maxBatchTokens, min(4 * requests * length, 1 << 20))
    }

    private func say(_ event: OfflineScoringEvent) {
        switch event {
        case .remark(let line): terminal.line(line)
        case .tokenizing(let progress): terminal.progress(progress)
        case .planning(let file, let share): terminal.status("reading \(file): \(Format.percent(share))")
        case .tokenized(let summary):
            for line in summary.lines(count: Format.count) { terminal.line("corpus: \(line)") }
        case .scoring(let progress): terminal.progress(progress, always: progress.done == progress.total)
        }
    }
}
