import Checkpoints
import Tensors
import Transformers

/// Makes engines of checkpoints: memory reserved first, then parameters read and packed, then the kernels checked on them. Loads
/// share the worker threads with what is being scored meanwhile.
package final class EngineLoader: Sendable {
    /// The number format that all engines compute in.
    package let precision: Precision
    /// The threads that all engines compute on.
    package let workers: WorkerPool
    /// The memory that all engines share.
    package let budget: MemoryBudget
    private let packed: PackedModelCache?
    private let maxBatchTokens: Int
    private let maxSegmentTokens: Int
    private let shelf = EngineShelf()

    /// From here on OpenBLAS computes on the calling thread only, in the whole process: the workers are the threads.
    ///
    /// - Parameters:
    ///   - maxBatchTokens: most tokens of a batch that an engine will be given.
    ///   - maxSegmentTokens: most tokens of a segment in it.
    ///   - packed: where models are kept packed; nil: each is packed into memory.
    package init(
        precision: Precision, workers: WorkerPool, maxBatchTokens: Int, maxSegmentTokens: Int, budget: MemoryBudget,
        packed: PackedModelCache? = nil
    ) {
        self.packed = packed
        self.precision = precision
        self.workers = workers
        self.maxBatchTokens = maxBatchTokens
        self.maxSegmentTokens = maxSegmentTokens
        self.budget = budget
        MatrixMultiply.useCallingThreadOnly()
    }

    /// Throws where the models together need more memory than is left; then nothing is read.
    ///
    /// - Throws: `MemoryBudget.Exceeded`, and what is wrong with a configuration.
    package func checkMemory(for checkpoints: [Checkpoint]) throws {
        var held: [MemoryReservation] = []
        for checkpoint in checkpoints {
            let footprint = try footprint(of: checkpoint)
            held.append(try budget.reserve(footprint.parameterBytes + footprint.scratchBytes))
            _ = try budget.reserve(footprint.loadingBytes)
        }
        withExtendedLifetime(held) {}
    }

    /// Reads a model and checks its kernels. One that gives the same numbers as an engine in use is that engine, held once.
    ///
    /// - Throws: `MemoryBudget.Exceeded` before anything is read; what is wrong with the checkpoint;
    ///   `TransformerError.rowsDependOnTheirPlace` where the kernels fail their check on this CPU.
    package func load(_ checkpoint: Checkpoint) throws -> LocalEngine {
        let start = ContinuousClock.now
        let footprint = try footprint(of: checkpoint)
        let passing = try budget.reserve(footprint.loadingBytes)
        let reservation = try budget.reserve(footprint.parameterBytes + footprint.scratchBytes)
        let transformer = try FrozenTransformer(
            checkpoint: checkpoint, precision: precision, workers: workers, packed: packed)
        withExtendedLifetime(passing) {}
        let check = try transformer.checkRows()
        return LocalEngine(
            engine: shelf.shared(CountedEngine(transformer, reservation)), description: transformer.description,
            modelFingerprint: transformer.modelFingerprint, precision: precision, footprint: footprint,
            selfCheck: check,
            loadingTime: ContinuousClock.now - start)
    }

    /// Parameters and the working memory of the largest batch; for a while also the largest tensor on its way.
    private func footprint(of checkpoint: Checkpoint) throws -> ModelFootprint {
        try ModelFootprint(
            checkpoint: checkpoint, precision: precision, workers: workers, maxBatchTokens: maxBatchTokens,
            maxSegmentTokens: maxSegmentTokens)
    }
}
