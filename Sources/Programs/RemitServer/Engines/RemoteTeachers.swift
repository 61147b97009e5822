import Digests
import Logging
import RemoteEngines
import Scoring
import ScoringAPI
import ScoringServer
import System

/// Makes models of engines elsewhere: waits for them, says what they are, counts what they do.
final class RemoteTeachers: Sendable {
    private let directory: EngineStateDirectory?
    private let limits: ServiceLimits
    private let logger: Logger
    private let metrics: EngineMetrics

    /// - Parameter directory: where canaries and digests are kept; nil: nowhere.
    init(
        keeping directory: EngineStateDirectory?, limits: ServiceLimits, logger: Logger,
        metrics: EngineMetrics
    ) {
        self.directory = directory
        self.limits = limits
        self.logger = logger
        self.metrics = metrics
    }

    /// Where fingerprints of weights are remembered.
    var weights: WeightsCache {
        WeightsCache(directory.map { $0.path + "/weights.json" }) { [logger] in
            logger.warning("the fingerprint of the weights is not remembered", metadata: ["error": "\($0)"])
        }
    }

    /// Waits until the engine answers; every ten seconds the log says why it does not.
    ///
    /// - Parameter patience: attempts, a second each; nil: without end.
    func load(_ model: RemoteModel, as name: String, patience: Int? = nil) throws -> LoadedModel {
        let loader = RemoteEngineLoader(model.settings, keeping: directory) { [logger, metrics] address, event in
            Self.say(event, address, logger)
            metrics.count(event, at: address)
        }
        var attempts = 0
        let engine = try loader.load(
            model.facts,
            hashed: { try model.hashedWeights(weights) { logger.info("\($0)", metadata: ["name": "\(name)"]) } },
            shouldGoOn: { reason in
                if attempts.isMultiple(of: 10) {
                    logger.warning("waiting for the engine", metadata: ["name": "\(name)", "reason": "\(reason)"])
                }
                attempts += 1
                return patience.map { attempts < $0 } ?? true
            })
        metrics.observe(engine)
        say(engine, as: name)
        return LoadedModel(engine, model, name: name, limits)
    }

    private func say(_ engine: RemoteEngine, as name: String) {
        let (identity, record) = (engine.identity, engine.canaries)
        logger.info(
            "engine met",
            metadata: [
                "name": "\(name)", "engine": "\(identity.kind.rawValue) \(identity.version)",
                "model": "\(engine.description.model)", "weights": "\(identity.weights.kind)",
                "max_sequence_tokens": "\(engine.maxSequenceTokens)",
                "scores_fingerprint": "\(engine.scoresFingerprint.hex)",
                "bit_reproducible": "\(engine.isBitReproducible)",
                "noise_nats": "\(record.map { "\($0.largestNoise)" } ?? "unknown")",
            ])
        if engine.description.dtype == nil, identity.label.isEmpty {
            logger.warning(
                "the engine does not say its number format, and another one gives other scores: state it with --engine-label",
                metadata: ["name": "\(name)"])
        }
    }

    private static func say(_ event: EngineEvent, _ address: EngineAddress, _ logger: Logger) {
        guard let complaint = event.complaint else { return }
        logger.warning("\(complaint)", metadata: ["engine": "\(address)"])
    }
}

extension EngineEvent {
    /// What the operator should hear of; nil of what is as it should be.
    var complaint: String? {
        switch self {
        case .check(.changed, let reason): "it has changed: \(reason)"
        case .check(.failed, let reason): "it cannot be used: \(reason)"
        case .request(.wrong, _, _, let reason?): "an answer that cannot be right: \(reason)"
        case .request(.failed, _, _, let reason?): "a request failed: \(reason)"
        // What else there is to say of it.
        case .check(.same, let reason) where !reason.isEmpty: reason
        case .check(.same, _), .request, .retry: nil
        }
    }
}

extension LoadedModel {
    /// A model of an engine elsewhere, under the name by which it is served.
    init(_ engine: RemoteEngine, _ model: RemoteModel, name: String, _ limits: ServiceLimits) {
        self.init(
            name: name, engine: engine, family: model.files.family, parameterCount: 0,
            vocabularySize: model.files.vocabularySize, contextLength: engine.maxSequenceTokens,
            modelFingerprint: engine.identity.weights.modelFingerprint, precision: engine.precision,
            parameterBytes: 0,
            scratchBytes: engine.answerBytes(tokens: limits.maxQueuedTokens) + engine.unvouchedBytes,
            engineInfo: { [weak engine] in EngineInfo(engine) })
    }
}

extension RemoteEngine {
    /// `f32`, `bf16` or `f16`; `unknown` where the engine does not say.
    var precision: String {
        switch description.dtype {
        case "float32", "torch.float32": "f32"
        case "bfloat16", "torch.bfloat16": "bf16"
        case "float16", "torch.float16", "half": "f16"
        default: "unknown"
        }
    }
}

extension EngineInfo {
    /// - Parameter engine: nil once it is gone, and nobody can ask.
    init(_ engine: RemoteEngine?) {
        var declared: String?
        if case .declared(let text)? = engine?.identity.weights { declared = text }
        self.init(
            kind: engine?.identity.kind.rawValue ?? "gone", version: engine?.identity.version,
            weights: engine?.identity.weights.kind ?? "declared", declaredWeights: declared,
            label: engine.flatMap { $0.identity.label.isEmpty ? nil : $0.identity.label },
            isBitReproducible: engine?.isBitReproducible ?? false, noiseNats: engine?.canaries?.largestNoise)
    }
}
