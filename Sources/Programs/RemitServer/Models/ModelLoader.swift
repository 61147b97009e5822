import Checkpoints
import Digests
import Logging
import Scoring
import ScoringAPI
import ScoringServer
import Tensors
import Transformers

/// Makes engines of checkpoints: memory reserved first, then parameters read and packed, then the kernels checked on them. Loads
/// share the worker threads with what is being scored meanwhile.
final class ModelLoader: Sendable {
    let limits: ServiceLimits
    let precision: Precision
    let workers: WorkerPool
    let budget: MemoryBudget
    private let shelf = EngineShelf()
    private let logger: Logger

    /// For `serve`.
    convenience init(_ configuration: ServerConfiguration, logger: Logger) throws {
        try self.init(
            limits: configuration.limits, precision: configuration.options.precision,
            workers: WorkerPool(threads: configuration.workers.threads, path: configuration.workers.path),
            maxMemory: configuration.maxMemory, logger: logger)
    }

    /// Throws where not even the log-probs of a full cache and a full queue fit into the memory.
    ///
    /// - Parameter maxMemory: in bytes, of all models that are loaded.
    init(
        limits: ServiceLimits, precision: Precision, workers: WorkerPool, maxMemory: Int,
        logger: Logger
    ) throws {
        self.limits = limits
        self.precision = precision
        self.workers = workers
        MatrixMultiply.useCallingThreadOnly()
        budget = MemoryBudget(limit: maxMemory)
        try budget.hold(limits.keptScoresBytes)
        self.logger = logger
    }

    /// Parameters and the working memory of the largest batch; for a while also the largest tensor on its way.
    func footprint(of checkpoint: Checkpoint) throws -> ModelFootprint {
        try ModelFootprint(
            checkpoint: checkpoint, precision: precision, workers: workers, maxBatchTokens: limits.maxBatchTokens,
            maxSegmentTokens: limits.maxSequenceTokens)
    }

    func load(_ checkpoint: Checkpoint, name: String) throws -> LoadedModel {
        let start = ContinuousClock.now
        let footprint = try footprint(of: checkpoint)
        let passing = try budget.reserve(footprint.loadingBytes)
        let reservation = try budget.reserve(footprint.parameterBytes + footprint.scratchBytes)
        let transformer = try FrozenTransformer(checkpoint: checkpoint, precision: precision, workers: workers)
        withExtendedLifetime(passing) {}
        let check = try transformer.checkRows()
        let engine = shelf.shared(CountedEngine(transformer, reservation))
        let description = transformer.description
        log(name, transformer, check, ContinuousClock.now - start)
        return LoadedModel(
            name: name, engine: engine, family: description.family, parameterCount: description.parameterCount,
            vocabularySize: description.vocabularySize, contextLength: description.contextLength,
            modelFingerprint: transformer.modelFingerprint, precision: precision.rawValue,
            parameterBytes: transformer.parameterByteCount, scratchBytes: footprint.scratchBytes,
            loadingBytes: footprint.loadingBytes,
            selfCheck: SelfCheckInfo(
                kernelPath: check.kernelPath, weightShapes: check.weightShapes, rowsCompared: check.rowsCompared,
                milliseconds: check.milliseconds))
    }

    private func log(_ name: String, _ transformer: FrozenTransformer, _ check: SelfCheckReport, _ time: Duration) {
        for remark in transformer.description.remarks { logger.warning("\(remark)", metadata: ["name": "\(name)"]) }
        logger.info(
            "self-check passed: a row has the same bits at every place of a block",
            metadata: [
                "name": "\(name)", "kernel_path": "\(check.kernelPath)", "weight_shapes": "\(check.weightShapes)",
                "rows_compared": "\(check.rowsCompared)", "milliseconds": "\(check.milliseconds)",
            ])
        logger.info(
            "model loaded",
            metadata: [
                "name": "\(name)", "family": "\(transformer.description.family)",
                "parameters": "\(transformer.description.parameterCount)", "precision": "\(precision.rawValue)",
                "model_fingerprint": "\(transformer.modelFingerprint.hex)", "seconds": "\(time / .seconds(1))",
                "memory_bytes": "\(budget.inUse)", "memory_limit_bytes": "\(budget.limit)",
            ])
    }
}

extension SelfCheckReport {
    fileprivate var milliseconds: Int { Int((duration / .milliseconds(1)).rounded()) }
}
