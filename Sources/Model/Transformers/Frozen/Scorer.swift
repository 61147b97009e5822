import Sequences
import Tensors

/// Runs forward passes that keep nothing: scoring by a frozen model and evaluation of one in training. Used by one thread at a
/// time; its memory grows to what the largest batch so far needs.
final class Scorer {
    private let architecture: TransformerArchitecture
    private let format: MatrixFormat
    private let workers: WorkerPool
    private let tables: RotaryTables
    private var memory = TensorBuffer(count: 0)

    init(_ architecture: TransformerArchitecture, format: MatrixFormat, workers: WorkerPool) {
        self.architecture = architecture
        self.format = format
        self.workers = workers
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
        let plan = WorkPlan(batch, threads: workers.threads)
        let keyBlocks = plan.keyBlocks.count
        let needed = floatCount(tokens: batch.tokenCount, keyBlocks: keyBlocks)
        if needed > memory.count {
            memory = TensorBuffer(count: 0)
            memory = TensorBuffer(count: needed, zeroed: false)
        }
        var carver = Carver(memory)
        let pass = ForwardPass(
            architecture: architecture, parameters: parameters, plan: plan,
            buffers: buffers(batch.tokenCount, keyBlocks, &carver),
            rotaries: tables.rotaries(positions: plan.longestSegment), workers: workers, temperature: temperature)
        let rows = pass.run(detail)
        return TokenScores(
            logProbs: try batch.spread(rows.logProbs, plan), top: try rows.top.map { try batch.spread($0, plan) },
            tempered: try rows.tempered.map { tempered in
                TemperedScores(
                    temperature: tempered.temperature, logSumExps: try batch.spread(tempered.logSumExps, plan),
                    entropies: try batch.spread(tempered.entropies, plan))
            })
    }

    /// A decoder that reads `parameters` as they are at each call and keeps `owner`, whose they are.
    func decoder(parameters: ModelParameters, of owner: AnyObject, limits: DecoderLimits) -> Decoder {
        Decoder(architecture, parameters: parameters, of: owner, limits: limits, workers: workers)
    }

    /// Most bytes that batches within these limits make it hold.
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

extension PackedBatch {
    /// Scores of `plan.scoredRows` at their tokens' positions, NaN at segment starts.
    func spread(_ scores: [Float], _ plan: WorkPlan) throws -> [Float] {
        var result = [Float](repeating: .nan, count: tokenCount)
        for (row, score) in zip(plan.scoredRows, scores) {
            guard score.isFinite else { throw TransformerError.nonFiniteLogProb(position: row + 1) }
            result[row + 1] = score
        }
        return result
    }

    /// The likeliest tokens of `plan.scoredRows` at the positions of the tokens that they predict.
    func spread(_ top: TopLogProbs, _ plan: WorkPlan) throws -> TopLogProbs {
        var result = TopLogProbs(unpredicted: tokenCount, k: top.k)
        for (index, row) in plan.scoredRows.enumerated() {
            // The last is the least: a logit that is no number has no place among the others.
            guard top.logProbs[(index + 1) * top.k - 1].isFinite else {
                throw TransformerError.nonFiniteLogProb(position: row + 1)
            }
            result.set(row + 1, top, index)
        }
        return result
    }
}
