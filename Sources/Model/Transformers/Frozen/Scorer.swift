import Sequences
import Tensors

/// Runs forward passes that keep nothing: scoring by a frozen model and evaluation of one in training. Used by one thread at a
/// time; its memory grows to what the largest batch so far needs.
final class Scorer {
    private let architecture: TransformerArchitecture
    private let format: MatrixFormat
    private let workers: WorkerPool
    private let tables: RotaryTables
    private let sharesPrefixes: Bool
    private var memory = TensorBuffer(count: 0)

    /// - Parameter sharesPrefixes: whether what segments of a batch have in common at their beginnings is computed once.
    init(
        _ architecture: TransformerArchitecture, format: MatrixFormat, workers: WorkerPool, sharesPrefixes: Bool = false
    ) {
        self.architecture = architecture
        self.format = format
        self.workers = workers
        self.sharesPrefixes = sharesPrefixes
        tables = RotaryTables(architecture.rotaries)
    }

    func logProbs(_ batch: PackedBatch, parameters: ModelParameters, temperature: Double = 1) throws -> [Float] {
        try scores(batch, .none, parameters: parameters, temperature: temperature).logProbs
    }

    func scores(
        _ batch: PackedBatch, _ detail: ScoreDetail, parameters: ModelParameters, temperature: Double = 1
    ) throws -> TokenScores {
        precondition(temperature > 0 && temperature.isFinite, "a distribution has a temperature above 0")
        precondition(detail.topK <= architecture.vocabularySize, "no more tokens than there are")
        try architecture.check(batch)
        guard batch.tokenCount > 0 else { return TokenScores(unpredicted: 0, detail) }
        let plan = WorkPlan(batch, threads: workers.threads, sharesPrefixes: sharesPrefixes)
        let (tokens, keyBlocks) = (plan.tokenIDs.count, plan.keyBlocks.rows.count)
        let needed = floatCount(tokens: tokens, keyBlocks: keyBlocks)
        if needed > memory.count {
            memory = TensorBuffer(count: 0)
            memory = TensorBuffer(count: needed, zeroed: false)
        }
        var carver = Carver(memory)
        let pass = ForwardPass(
            architecture: architecture, parameters: parameters, plan: plan,
            buffers: buffers(tokens, keyBlocks, &carver),
            rotaries: tables.rotaries(positions: plan.longestSegment), workers: workers, temperature: temperature)
        let rows = pass.run(detail)
        return TokenScores(
            logProbs: try plan.scored.spread(rows.logProbs), top: try rows.top.map(plan.scored.spread),
            tempered: try rows.tempered.map { tempered in
                TemperedScores(
                    temperature: tempered.temperature, logSumExps: try plan.scored.spread(tempered.logSumExps),
                    entropies: try plan.scored.spread(tempered.entropies))
            })
    }

    /// A decoder that reads `parameters` as they are at each call and keeps `owner`, whose they are.
    func decoder(parameters: ModelParameters, of owner: AnyObject, limits: DecoderLimits) -> Decoder {
        Decoder(architecture, parameters: parameters, of: owner, limits: limits, workers: workers)
    }

    /// Most bytes of keys and values that a decoder within these limits holds.
    func cacheByteCount(_ limits: DecoderLimits) -> Int {
        KeyValueCache.byteCount(
            architecture, sequences: limits.sequences, maxTokens: min(limits.maxTokens, architecture.contextLength))
    }

    /// Bytes that batches so far made it hold.
    var heldByteCount: Int { memory.count * MemoryLayout<Float>.stride + tables.byteCount }

    /// Most bytes that batches within these limits make it hold, counted as `BatchRoom` counts.
    func scratchByteCount(maxBatchTokens: Int, maxSegmentTokens: Int) -> Int {
        let keyBlocks = WorkPlan.maxKeyBlocks(tokens: maxBatchTokens)
        return floatCount(tokens: maxBatchTokens, keyBlocks: keyBlocks) * MemoryLayout<Float>.stride
            + RotaryTables.byteCount(architecture.rotaries, positions: maxSegmentTokens)
    }

    private func floatCount(tokens: Int, keyBlocks: Int) -> Int {
        var measure = Carver(nil)
        _ = buffers(tokens, keyBlocks, &measure)
        return measure.count
    }

    private func buffers(_ tokens: Int, _ keyBlocks: Int, _ carver: inout Carver) -> ForwardBuffers {
        ForwardBuffers(
            architecture, format: format, tokens: tokens, keyBlockCount: keyBlocks, keep: false, workers: workers,
            &carver)
    }
}

extension TransformerArchitecture {
    /// Throws where the batch is none that the model can score.
    func check(_ batch: PackedBatch) throws {
        for (position, id) in batch.tokenIDs.enumerated() where id < 0 || id >= vocabularySize {
            throw TransformerError.tokenOutOfRange(position: position, id: id, vocabularySize: vocabularySize)
        }
        for segment in batch.segments where segment.count > contextLength {
            throw TransformerError.segmentTooLong(
                start: segment.lowerBound, tokens: segment.count, limit: contextLength)
        }
    }
}
