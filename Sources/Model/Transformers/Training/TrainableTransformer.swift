import Checkpoints
import JSONValues
import Sequences
import Tensors

/// A student: values and gradients in flat arenas, a forward pass that keeps what backward needs, and backward.
///
/// Values change from outside, through `values`; then `parametersDidChange` must be called before the next forward pass.
/// Used by one thread at a time.
package final class TrainableTransformer {
    /// What the model is, for logs and checks.
    package let description: ModelDescription
    /// All parameters in the order of their names' bytes, end to end in the arenas.
    package let parameters: [Parameter]
    /// config.json as it was read or given, with `tie_word_embeddings` as the tensors have it.
    package let configuration: ConfigurationObject

    /// A forward pass keeps its logits for backward where they take no more than this; else backward computes them again, which
    /// costs 2 D V flops a token and changes no bit. (PyTorch keeps them three times over.)
    package var maxKeptLogitBytes = 512 << 20

    /// Arithmetic of the matrix products, gradients' among them; values and gradients themselves are f32 in both.
    package let precision: Precision

    let architecture: TransformerArchitecture
    let workers: WorkerPool
    private let valueArena: TensorBuffer
    private let gradientArena: TensorBuffer
    let packed: TrainableParameters
    let scorer: Scorer
    private let tables: RotaryTables
    private var activations = TensorBuffer(count: 0)
    private var backwardMemory = TensorBuffer(count: 0)
    private var pending: (pass: ForwardPass, batch: PackedBatch, soft: SoftTargetRows?)?

    /// Reads every tensor of a checkpoint, and hashes the very bytes that it reads: the checkpoint's fingerprint is then that of these values.
    package convenience init(checkpoint: Checkpoint, precision: Precision = .f32, workers: WorkerPool) throws {
        let architecture = try ModelFamilies.architecture(of: checkpoint)
        let parameters = architecture.parameters()
        try architecture.checkTensors(checkpoint, parameters)
        let arena = TensorBuffer(count: parameters.last?.range.upperBound ?? 0, zeroed: false)
        for parameter in parameters {
            let target = UnsafeMutableBufferPointer(rebasing: arena.values[parameter.range])
            try checkpoint.read(parameter.name, shape: parameter.shape, hashing: true, into: target)
        }
        self.init(
            architecture, parameters, configuration: try ModelFamilies.configuration(of: checkpoint), arena: arena,
            precision: precision, workers: workers)
    }

    /// Random parameters as transformers draws them: normal with deviation `initializer_range`, biases 0, norms 1.
    ///
    /// - Parameter seed: the same seed gives the same bits.
    package convenience init(
        configuration: ConfigurationObject, seed: UInt64, precision: Precision = .f32, workers: WorkerPool
    ) throws {
        let architecture = try ModelFamilies.architecture(configuration)
        let parameters = architecture.parameters()
        let arena = TensorBuffer(count: parameters.last?.range.upperBound ?? 0)
        workers.forEach(parameters.count) { index in
            architecture.initialize(
                parameters[index], arena.baseAddress + parameters[index].range.lowerBound, seed: seed)
        }
        self.init(
            architecture, parameters, configuration: configuration, arena: arena, precision: precision,
            workers: workers)
    }

    private init(
        _ architecture: TransformerArchitecture, _ parameters: [Parameter], configuration: ConfigurationObject,
        arena: TensorBuffer, precision: Precision, workers: WorkerPool
    ) {
        self.precision = precision
        self.architecture = architecture
        self.parameters = parameters
        self.configuration = configuration
        self.workers = workers
        valueArena = arena
        gradientArena = TensorBuffer(count: arena.count)
        packed = TrainableParameters(architecture, parameters, precision.format, arena: arena, workers: workers)
        scorer = Scorer(architecture, format: precision.format, workers: workers)
        tables = RotaryTables(architecture.rotaries)
        description = ModelDescription(architecture, parameterCount: arena.count)
        MatrixMultiply.useCallingThreadOnly()
    }

    /// The row of the embedding that learns nothing from being looked up; nil where all do. No model fingerprint has it, and yet gradients
    /// depend on it.
    package var paddingID: Int? { architecture.paddingID }

    /// All values; each parameter's are at its `range`. The pointer does not keep the model alive: `withValues` does.
    package var values: UnsafeMutableBufferPointer<Float> { valueArena.values }

    /// Sums of gradients since `zeroGradients`, laid out as `values`. `withGradients` keeps the model alive meanwhile.
    package var gradients: UnsafeMutableBufferPointer<Float> { gradientArena.values }

    /// Calls `body` with all values; each parameter's are at its `range`. The pointer is good within `body` only. After a
    /// change `parametersDidChange` is due.
    package func withValues<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(valueArena.values)
    }

    /// Calls `body` with the sums of gradients since `zeroGradients`, laid out as the values. The pointer is good within `body`
    /// only.
    package func withGradients<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(gradientArena.values)
    }

    /// Sets all gradients to 0, before the first backward pass of an optimizer step.
    package func zeroGradients() { gradients.update(repeating: 0) }

    /// Packs the values anew for the forward kernel, and drops what a forward pass kept for backward. Without it the next pass would
    /// mix old matrices with new vectors.
    package func parametersDidChange() {
        pending = nil
        packed.repack()
    }

    /// Natural log-probs [N] as `FrozenTransformer` gives them in this precision, keeping nothing for backward; NaN at segment
    /// starts. The same bits in f32; in bf16 where the embedding's values are bf16, as those of a checkpoint in bf16 are: a frozen
    /// tied embedding is rounded.
    package func logProbs(_ batch: PackedBatch) throws -> [Float] { try logProbs(batch, temperature: 1) }

    /// Natural log-probs of softmax(logits / temperature), keeping nothing for backward. [N]; NaN at segment starts.
    ///
    /// - Parameter temperature: more than 0.
    package func logProbs(_ batch: PackedBatch, temperature: Double) throws -> [Float] {
        try scorer.logProbs(batch, parameters: packed.values, temperature: temperature)
    }

    /// Natural log-probs [N] as `logProbs` gives them, keeping what `backward` needs: about 4 (2 D + 2 H E + 2 K E + 2 F + H) L bytes
    /// a token, and 4 V where all logits fit into `maxKeptLogitBytes`.
    ///
    /// - Parameters:
    ///   - softTargets: a teacher's likeliest tokens at each position, those left out that the student has not, with log-probs at the
    ///     divergence's temperature; `divergences` compares the student with them. The log-probs do not depend on it.
    ///   - divergence: which one of them is meant.
    ///   - temperature: of the distribution that the log-probs, and all that is asked about them, are of; more than 0.
    package func forward(
        _ batch: PackedBatch, softTargets: TopLogProbs? = nil, divergence: Divergence = Divergence(),
        temperature: Double = 1
    ) throws -> [Float] {
        precondition(temperature > 0 && temperature.isFinite, "a distribution has a temperature above 0")
        pending = nil
        try architecture.check(batch)
        guard batch.tokenCount > 0 else { return [] }
        let plan = WorkPlan(batch, threads: workers.threads)
        var measure = Carver(nil)
        _ = forwardBuffers(plan, &measure)
        Self.grow(&activations, to: measure.count)
        var carver = Carver(activations)
        let pass = ForwardPass(
            architecture: architecture, parameters: packed.values, plan: plan, buffers: forwardBuffers(plan, &carver),
            rotaries: tables.rotaries(positions: plan.longestSegment), workers: workers, temperature: temperature)
        guard let softTargets else {
            let result = try plan.scored.spread(pass.run())
            pending = (pass, batch, nil)
            return result
        }
        var soft = try SoftTargetRows(
            softTargets, divergence, plan, vocabularySize: architecture.vocabularySize)
        let result = try plan.scored.spread(pass.run(&soft))
        pending = (pass, batch, soft)
        return result
    }

    /// The divergence at each position of the last `forward` with soft targets, in nats: over the teacher's likeliest tokens and one
    /// bucket of all others. NaN at segment starts. [N]
    package func divergences() -> [Double] {
        guard let (pass, batch, soft) = pending, let soft else {
            preconditionFailure("asked between forward with soft targets and backward")
        }
        var result = [Double](repeating: .nan, count: batch.tokenCount)
        for (index, row) in pass.plan.scoredRows.enumerated() {
            result[row + 1] = soft.divergence(index, logSumExp: pass.buffers.logSumExp[index])
        }
        return result
    }

    /// log Z, the log-sum-exp of the logits that gave each log-prob of the last `forward`; NaN at segment starts. [N]
    package func logSumExps() throws -> [Float] {
        guard let (pass, _, _) = pending else { preconditionFailure("asked between forward and backward") }
        return try pass.plan.scored.spread(pass.plan.scoredRows.indices.map { pass.buffers.logSumExp[$0] })
    }

    /// Adds to `gradients` the gradient of a loss, given its derivatives with respect to the log-probs of the last `forward`.
    ///
    /// The bits do not depend on the number of threads. Consumes what `forward` kept.
    ///
    /// - Parameter logProbGradients: [N] dLoss/dlog p; not read at segment starts.
    /// - Parameter logSumExpGradients: [N] dLoss/dlog Z of a loss that reads `logSumExps` as well; likewise.
    /// - Parameter divergenceGradients: [N] dLoss/dKL of a loss that reads `divergences` as well; likewise.
    package func backward(
        logProbGradients: [Float], logSumExpGradients: [Float]? = nil, divergenceGradients: [Float]? = nil
    ) throws {
        guard let (pass, batch, soft) = pending else { preconditionFailure("backward follows forward") }
        precondition(logProbGradients.count == batch.tokenCount, "one derivative for each position")
        precondition(
            logSumExpGradients.map { $0.count == batch.tokenCount } ?? true, "one derivative for each position")
        pending = nil
        func atScoredRows(_ values: [Float]?) -> [Float] {
            values.map { values in pass.plan.scoredRows.map { values[$0 + 1] } } ?? []
        }
        let (logProbs, logSumExps) = (atScoredRows(logProbGradients), atScoredRows(logSumExpGradients))
        var scored = LossGradients(logProbs: logProbs, logSumExps: logSumExps)
        if let divergenceGradients {
            precondition(divergenceGradients.count == batch.tokenCount, "one derivative for each position")
            guard let soft else { preconditionFailure("divergences come of soft targets") }
            scored = LossGradients(
                logProbs: logProbs, logSumExps: logSumExps, softTargets: atScoredRows(divergenceGradients), soft,
                pass.plan, logZ: pass.buffers.logSumExp, softCap: pass.head.softCap)
        }
        var measure = Carver(nil)
        _ = BackwardBuffers(
            architecture, format: precision.format, plan: pass.plan, keepsLogits: pass.buffers.logits != nil,
            workers: workers, &measure)
        Self.grow(&backwardMemory, to: measure.count)
        var carver = Carver(backwardMemory)
        BackwardPass(
            forward: pass, table: ParameterTable(parameters, values: valueArena, gradients: gradientArena),
            matrices: packed.gradientMatrices,
            buffers: BackwardBuffers(
                architecture, format: precision.format, plan: pass.plan, keepsLogits: pass.buffers.logits != nil,
                workers: workers, &carver),
            workers: workers
        ).run(scored)
    }

    /// A decoder that generates text with the values as they are at each of its calls. Used by the student's thread; precision must
    /// be f32.
    package func makeDecoder(_ limits: DecoderLimits) -> Decoder {
        precondition(precision == .f32, "decoding is in f32")
        return scorer.decoder(parameters: packed.values, of: self, limits: limits)
    }

    /// Most bytes of keys and values that a decoder within these limits holds.
    package func cacheBytes(_ limits: DecoderLimits) -> Int { scorer.cacheByteCount(limits) }

    func forwardBuffers(_ plan: WorkPlan, _ carver: inout Carver) -> ForwardBuffers {
        ForwardBuffers(
            architecture, format: precision.format, tokens: plan.tokenIDs.count,
            keyBlockCount: plan.keyBlocks.rows.count,
            keep: true,
            maxKeptLogits: maxKeptLogitBytes / MemoryLayout<Float>.stride, workers: workers, &carver)
    }

    private static func grow(_ buffer: inout TensorBuffer, to count: Int) {
        guard count > buffer.count else { return }
        buffer = TensorBuffer(count: 0)  // the old memory goes before the new comes
        buffer = TensorBuffer(count: count, zeroed: false)
    }
}

extension TrainableTransformer {
    /// Writes a checkpoint that transformers loads: config.json as it was, with the type of its tensors and its class in
    /// transformers where it named none, and the parameters.
    ///
    /// - Parameter others: values that are written in place of the model's own, laid out as these; nil: its own.
    package func save(
        to directory: String, elementType: ElementType, maxShardBytes: Int = CheckpointWriter.standardShardBytes,
        values others: UnsafeMutableBufferPointer<Float>? = nil
    ) throws {
        let values = others ?? values
        precondition(values.count == self.values.count, "a value for each parameter")
        let sources = parameters.map { parameter in
            SafetensorsWriter.Source(
                name: parameter.name, shape: parameter.shape,
                floats: UnsafeBufferPointer(rebasing: values[parameter.range]), as: elementType)
        }
        try CheckpointWriter(maxShardBytes: maxShardBytes).write(
            sources, configuration: ModelFamilies.exportedFields(configuration, elementType: elementType), to: directory
        )
    }
}
