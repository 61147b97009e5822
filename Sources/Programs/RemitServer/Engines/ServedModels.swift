import Checkpoints
import CommandLines
import Corpora
import LocalEngines
import RemoteEngines
import Transformers

/// Where a model is computed, its files open.
enum ModelSource: Sendable {
    /// In this process.
    case local(Checkpoint)
    /// By vLLM or SGLang.
    case remote(RemoteModel)

    var directory: String {
        switch self {
        case .local(let checkpoint): checkpoint.directory
        case .remote(let model): model.files.directory
        }
    }

    /// What is read into memory here; nil for a model that is computed elsewhere.
    var checkpoint: Checkpoint? {
        if case .local(let checkpoint) = self { checkpoint } else { nil }
    }

    init(_ directory: String, _ engine: EngineSettings?, ignoring ignored: Set<String>) throws {
        if let engine {
            self = .remote(try RemoteModel(engine, directory: directory, ignoring: ignored))
        } else {
            self = .local(try Checkpoint(model: directory, ignoring: ignored))
        }
    }
}

/// What the program starts with: a teacher and perhaps its base, with tokenizers that agree. What can be refused without reading
/// parameters or asking an engine is refused here.
struct ServedModels: Sendable {
    let teacher: ModelSource
    let text: TextSide
    let base: ModelSource?
    let baseText: TextSide?

    init(_ options: ServerOptions) throws {
        let ignored = options.compute.ignoredConfigFields
        guard let engines = try EngineChoice(options) else {
            let pair = try ModelPair(teacher: options.model.path, base: options.base?.path, ignoring: ignored)
            (teacher, text) = (.local(pair.teacher), pair.text)
            (base, baseText) = (pair.base.map { .local($0) }, pair.baseText)
            return
        }
        teacher = try ModelSource(options.model.path, engines.teacher, ignoring: ignored)
        base = try options.base.map { try ModelSource($0.path, engines.base, ignoring: ignored) }
        text = try TextSide(directory: teacher.directory)
        baseText = try base.map { try TextSide(directory: $0.directory) }
        try ModelPair.check(text, baseText)
    }
}

/// The engines of teacher and base; nil for one that this process computes.
struct EngineChoice {
    let teacher: EngineSettings?
    let base: EngineSettings?

    /// Nil where this process computes both.
    init?(_ options: ServerOptions) throws {
        teacher = try options.engines.settings()
        base = try options.engines.settings(
            options.baseEngine, weights: options.baseEngineWeights, flag: "--base-engine")
        if teacher == nil, base == nil { return nil }
    }
}
