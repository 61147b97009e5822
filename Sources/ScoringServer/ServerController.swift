import Digests
import Scoring
import ScoringAPI
import Tokenizers

/// What is asked about the server itself: models, limits, probes, metrics, contract.
struct ServerController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func models(_ request: ServiceRequest) throws -> ServiceAnswer {
        let models = try service.models()
        return .json(ModelsResponse(models: models.infos).json())
    }

    func info(_ request: ServiceRequest) throws -> ServiceAnswer {
        let models = try service.models()
        let response = InfoResponse(
            version: service.version, identity: models.identity(of: models.teacher),
            precision: models.teacher.precision, kernelPath: models.kernelPath, threads: service.threads,
            memoryBoundBytes: service.memoryBoundBytes(models),
            tokensPerSecond: service.queue.tokensPerSecond(of: models.teacher.scoresFingerprint),
            limits: service.wireLimits(models), models: models.infos)
        return .json(response.json())
    }

    func health(_ request: ServiceRequest) -> ServiceAnswer { .json(StatusResponse(status: .alive).json()) }

    /// The route asks for models, so that this is reached only when requests are taken.
    func ready(_ request: ServiceRequest) -> ServiceAnswer { .json(StatusResponse(status: .ready).json()) }

    func metrics(_ request: ServiceRequest) -> ServiceAnswer {
        ServiceAnswer(
            contentType: MediaType.metrics.rawValue, body: Array(service.metrics.registry.text().utf8))
    }

    func contract(_ request: ServiceRequest) -> ServiceAnswer {
        ServiceAnswer(contentType: MediaType.yaml.rawValue, body: PackageResources.openapi_yaml)
    }
}

extension ServiceAnswer {
    fileprivate static func json(_ body: [UInt8]) -> ServiceAnswer {
        ServiceAnswer(contentType: MediaType.json.rawValue, body: body)
    }
}

extension LoadedModels {
    fileprivate var infos: [ModelInfo] {
        [info(teacher, .teacher)] + (base.map { [info($0, .base)] } ?? [])
    }

    private func info(_ model: LoadedModel, _ role: ModelInfo.Role) -> ModelInfo {
        ModelInfo(
            identity: identity(of: model), role: role, isDefault: role == .teacher, family: model.family,
            precision: model.precision, parameterCount: model.parameterCount, vocabularySize: model.vocabularySize,
            contextLength: model.contextLength, selfCheck: model.selfCheck)
    }
}

extension ScoringService {
    /// Weights and the working memory of the largest batch, the cache, and the log-probs of a full queue.
    fileprivate func memoryBoundBytes(_ models: LoadedModels) -> Int {
        let loaded = [models.teacher] + (models.base.map { [$0] } ?? [])
        let weights = loaded.reduce(0) { $0 + $1.weightBytes }
        let scratch = loaded.reduce(0) { $0 + $1.scratchBytes }
        return weights + scratch + 4 * (limits.cacheTokens + 2 * limits.maxQueuedTokens)
    }
}
