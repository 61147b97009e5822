import Digests
import Scoring
import ScoringAPI
import Sequences
import Tokenizers

/// What is asked about the server itself: models, limits, probes, metrics, contract.
struct ServerController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func models(_ request: ServiceRequest) throws -> ServiceAnswer {
        let teachers = try service.teachers()
        let listed = teachers.ready.map { models in
            ListedModel(
                name: models.teacher.name, created: models.teacher.created,
                maxModelLength: models.maxSequenceTokens(service.limits))
        }
        return .json(ModelsResponse(models: teachers.infos, teachers: teachers.statuses, listed: listed).json())
    }

    func info(_ request: ServiceRequest) throws -> ServiceAnswer {
        let teachers = try service.teachers()
        let models = teachers.standard
        let limits = service.wireLimits(models)
        let response = InfoResponse(
            version: service.version, identity: models.identity(of: models.teacher),
            precision: models.teacher.precision, kernelPath: models.kernelPath, threads: service.threads,
            memoryBoundBytes: service.memoryBoundBytes(teachers),
            tokensPerSecond: service.queue.tokensPerSecond(of: models.teacher.scoresFingerprint),
            limits: limits, models: teachers.infos, teachers: teachers.statuses,
            settings: service.settings(inForce: limits).shown(toAdmin: request.key?.isAdmin ?? true))
        return .json(response.json())
    }

    func health(_ request: ServiceRequest) -> ServiceAnswer { .json(StatusResponse(status: .alive).json()) }

    /// The route asks for models, so that this is reached only when requests are taken. An engine elsewhere may be away all the same.
    func ready(_ request: ServiceRequest) throws -> ServiceAnswer {
        let models = try service.teachers().standard
        for model in [models.teacher, models.base].compactMap(\.self) {
            if let fault = (model.engine as? any ConcurrentTeacherEngine)?.fault { throw fault }
        }
        return .json(StatusResponse(status: .ready).json())
    }

    func metrics(_ request: ServiceRequest) -> ServiceAnswer {
        ServiceAnswer(
            contentType: MediaType.metrics.rawValue, body: Array(service.metrics.registry.text().utf8))
    }

    func contract(_ request: ServiceRequest) -> ServiceAnswer {
        ServiceAnswer(contentType: MediaType.yaml.rawValue, body: PackageResources.openapi_yaml)
    }
}

extension TeacherRegistry {
    /// The teachers that are ready, the default first, then the base.
    fileprivate var infos: [ModelInfo] {
        let teachers = ready.enumerated().map { $1.teacherInfo(isDefault: $0 == 0) }
        let base = ready.compactMap(\.baseInfo).first
        return teachers + (base.map { [$0] } ?? [])
    }

    /// Each engine once, however many names it has.
    fileprivate var engines: [LoadedModel] {
        let all = ready.flatMap { [$0.teacher, $0.base].compactMap(\.self) }
        return Array(Dictionary(all.map { ($0.scoresFingerprint, $0) }) { first, _ in first }.values)
    }
}

extension LoadedModels {
    func teacherInfo(isDefault: Bool) -> ModelInfo { info(teacher, .teacher, isDefault: isDefault) }
    fileprivate var baseInfo: ModelInfo? { base.map { info($0, .base, isDefault: false) } }

    private func info(_ model: LoadedModel, _ role: ModelInfo.Role, isDefault: Bool) -> ModelInfo {
        ModelInfo(
            identity: identity(of: model), role: role, isDefault: isDefault, family: model.family,
            precision: model.precision, parameterCount: model.parameterCount, vocabularySize: model.vocabularySize,
            contextLength: model.contextLength, selfCheck: model.selfCheck, engine: model.engineInfo?())
    }
}

extension ScoringService {
    /// What the program takes without models: its code and libraries, tokenizer, small requests, and what a few threads that have
    /// tokenized keep.
    private static let programBytes = 64 << 20
    private static let fewThreads = 4

    /// The program, parameters and the working memory of the largest batch, the largest tensor while it is loaded, the cache, and the
    /// log-probs of a full queue. What bodies hold comes on top: `--max-buffered-bytes` bounds that.
    fileprivate func memoryBoundBytes(_ teachers: TeacherRegistry) -> Int {
        let engines = teachers.engines
        let loading = engines.map(\.loadingBytes).max() ?? 0
        let tokenizers = Set(teachers.ready.map { ObjectIdentifier($0.tokenizer) }).count
        let tokenizing = tokenizers * max(0, threads - Self.fewThreads) * Tokenizer.mostKeptBytesPerThread
        return engines.reduce(Self.programBytes + tokenizing + limits.keptScoresBytes + loading) {
            $0 + $1.parameterBytes + $1.scratchBytes
        }
    }
}
