import Checkpoints
import Corpora
import Digests
import Foundation
import LocalEngines
import Logging
import Scoring
import ScoringAPI
import ScoringServer
import Sequences
import System
import Tensors
import Tokenizers
import Transformers

/// Teachers from checkpoint directories: the one that the program starts with, and those that come later. All share the base.
final class CheckpointTeachers: TeacherLoader {
    private struct Base: Sendable {
        let model: LoadedModel
        let tokenizer: Tokenizer
    }

    private let loader: EngineLoader
    private let remote: RemoteTeachers
    private let limits: ServiceLimits
    private let queue: ScoreQueue
    private let directory: ModelsDirectory?
    private let ignoredConfigFields: Set<String>
    private let logger: Logger
    private let base = Locked<Base?>(nil)
    private let engines: EngineArguments
    /// Seconds that whoever asks for a teacher waits for its engine.
    private static let patience = 30

    init(
        loader: EngineLoader, remote: RemoteTeachers, limits: ServiceLimits, queue: ScoreQueue,
        directory: ModelsDirectory?,
        ignoredConfigFields: Set<String>, engines: EngineArguments, logger: Logger
    ) {
        self.engines = engines
        self.ignoredConfigFields = ignoredConfigFields
        self.limits = limits
        self.loader = loader
        self.remote = remote
        self.queue = queue
        self.directory = directory
        self.logger = logger
    }

    /// What the program starts with.
    func loadFirst(_ files: ServedModels, name: String) throws -> LoadedModels {
        let teacher = try loaded(files.teacher, as: name)
        say(files.text, of: name)
        if let source = files.base, let text = files.baseText {
            let model = try loaded(source, as: ModelName.made(ofDirectory: source.directory))
            say(text, of: model.name)
            base.withLock { $0 = Base(model: model, tokenizer: text.tokenizer) }
        }
        return try ready(teacher, files.text.tokenizer)
    }

    func load(name: String, path: String) throws(TeacherLoadError) -> LoadedModels {
        try load(name: name, path: path) { try ModelSource($0, nil, ignoring: ignoredConfigFields) }
    }

    func load(name: String, path: String, engine: EngineRequest) throws(TeacherLoadError) -> LoadedModels {
        try load(name: name, path: path) {
            try ModelSource($0, try engines.settings(engine), ignoring: ignoredConfigFields)
        }
    }

    private func load(
        name: String, path: String, _ source: (String) throws -> ModelSource
    ) throws(TeacherLoadError) -> LoadedModels {
        guard let directory else { throw .outside(path: path) }
        let resolved = try directory.checkpoint(path)
        do {
            let source = try source(resolved)
            let text = try TextSide(directory: source.directory)
            let teacher = try loaded(source, as: name, patience: Self.patience)
            say(text, of: name)
            return try ready(teacher, text.tokenizer)
        } catch let exceeded as MemoryBudget.Exceeded {
            throw .tooLarge(needed: exceeded.needed, inUse: exceeded.inUse, limit: exceeded.limit)
        } catch {
            throw .unusable(path: path, reason: "\(error)")
        }
    }

    /// - Parameter patience: seconds to wait for an engine elsewhere; nil: without end.
    private func loaded(_ source: ModelSource, as name: String, patience: Int? = nil) throws -> LoadedModel {
        let checkpoint: Checkpoint
        switch source {
        case .remote(let model): return try remote.load(model, as: name, patience: patience)
        case .local(let local): checkpoint = local
        }
        let engine = try loader.load(checkpoint)
        loader.say(engine, as: name, to: logger)
        return LoadedModel(engine, name: name)
    }

    private func say(_ text: TextSide, of name: String) {
        for remark in text.remarks { logger.warning("\(remark)", metadata: ["name": "\(name)"]) }
    }

    /// With the base where the two share their tokenizer, and warm.
    private func ready(_ teacher: LoadedModel, _ tokenizer: Tokenizer) throws -> LoadedModels {
        let base = base.withLock { $0 }.flatMap { $0.tokenizer.fingerprint == tokenizer.fingerprint ? $0 : nil }
        let models = LoadedModels(
            teacher: teacher, base: base?.model, tokenizer: tokenizer,
            unsharedTokenIDs: base.map { unsharedTokens(tokenizer, $0.tokenizer) } ?? [],
            kernelPath: teacher.selfCheck?.kernelPath ?? kernelPath(teacher))
        for model in [models.teacher, models.base].compactMap(\.self)
        where model.selfCheck != nil && queue.tokensPerSecond(of: model.scoresFingerprint) == nil {
            try warmUp(model, models)
        }
        return models
    }

    /// Of a model that is computed elsewhere: by what.
    private func kernelPath(_ model: LoadedModel) -> String {
        guard let info = model.engineInfo?() else { return loader.workers.path.name }
        return [info.kind, info.version ?? ""].joined(separator: " ")
    }

    private func warmUp(_ model: LoadedModel, _ models: LoadedModels) throws {
        let rules = SequenceRules(
            vocabularySize: model.vocabularySize, maxSequenceTokens: models.maxSequenceTokens(limits))
        guard let rate = try WarmUp.run(model.engine, rules: rules, queue: queue) else {
            return logger.info("not warmed up: the queue is full", metadata: ["name": "\(model.name)"])
        }
        logger.info("warmed up", metadata: ["name": "\(model.name)", "tokens_per_second": "\(Int(rate.rounded()))"])
    }

    /// Added tokens do not count for the fingerprint: RL models bring their own. One that the two models do not share is
    /// an error only where it occurs in an input that the base has to score.
    private func unsharedTokens(_ teacher: Tokenizer, _ base: Tokenizer) -> Set<Int32> {
        let unshared = teacher.unsharedTokens(with: base)
        if !unshared.isEmpty {
            let named = unshared.sorted { $0.key < $1.key }.prefix(20).map { id, names in
                "\(id): \(names.own ?? "none") / \(names.other ?? "none")"
            }
            logger.warning(
                "teacher and base do not share all added tokens",
                metadata: ["count": "\(unshared.count)", "tokens": "\(named.joined(separator: ", "))"])
        }
        return Set(unshared.keys)
    }
}
