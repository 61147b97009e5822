import Checkpoints
import Digests
import Sequences
import Tensors

/// A teacher: a checkpoint packed for scoring, which never changes.
///
/// A segment's log-probs are the same bits alone, in any batch, in any order and with any number of threads.
///
/// `@unchecked Sendable`: parameters are written by `init` only; the scorer's memory is for one call at a time, which the caller
/// keeps to, as `logProbs` says.
package final class FrozenTransformer: TeacherEngine, @unchecked Sendable {
    /// What the model is, for logs, /info and checks.
    package let description: ModelDescription
    /// SHA-256 of parameters and numeric configuration; sharding does not matter.
    package let modelFingerprint: SHA256Digest
    /// SHA-256 of what decides the bits of a log-prob, beside the token ids: `ScoresFingerprint` of this model on this CPU.
    package let scoresFingerprint: SHA256Digest
    /// Arithmetic of the matrix products.
    package let precision: Precision
    /// Name of the kernels that compute the scores; with another, bits may differ.
    package let kernelPath: String
    let parameters: FrozenParameters
    let workers: WorkerPool
    private let scorer: Scorer

    /// Reads and packs every tensor, and hashes the very bytes that it packs; or maps the packed file of a cache, every byte of which it compares
    /// with a digest.
    ///
    /// - Parameter packed: where packed files are kept; nil: the model is packed into memory.
    /// - Throws: `TransformerError.unexpectedTensor` for a tensor that would not be read, `CheckpointError`, `ConfigurationError`,
    ///   `SafetensorsError.damaged`, `SafetensorsError.changedWhileRead`, `SystemError`.
    package init(
        checkpoint: Checkpoint, precision: Precision = .f32, workers: WorkerPool, packed: PackedModelCache? = nil
    ) throws {
        let architecture = try ModelFamilies.architecture(of: checkpoint)
        let parameters = architecture.parameters()
        try architecture.checkTensors(checkpoint, parameters)
        let kept = try packed?.parameters(
            architecture, parameters, checkpoint, precision: precision, workers: workers)
        self.parameters = try FrozenParameters(
            architecture, parameters, format: precision.format,
            from: kept?.source
                ?? CheckpointParameters(checkpoint: checkpoint, format: precision.format, workers: workers))
        modelFingerprint = try kept?.fingerprint ?? checkpoint.modelFingerprint()
        description = ModelDescription(architecture, parameterCount: parameters.last?.range.upperBound ?? 0)
        self.precision = precision
        self.workers = workers
        kernelPath = workers.path.name(for: precision.format)
        scoresFingerprint =
            ScoresFingerprint(model: modelFingerprint, precision: precision, kernelPath: kernelPath).digest
        scorer = Scorer(architecture, format: precision.format, workers: workers, sharesPrefixes: true)
    }

    /// Entropy and normalizer come of the same pass over the vocabulary as log-probs.
    package var givesTemperedScores: Bool { true }

    /// What segments of a batch have in common at their beginnings is computed once.
    package var sharesPrefixes: Bool { true }

    /// Natural log-probability of every token given those before it in its segment, and what `detail` wants, likeliest tokens at most the
    /// vocabulary's; neither log-probs nor any part depend on the others that are wanted. One call at a time.
    ///
    /// - Throws: `TransformerError` for an id out of range, a segment longer than the context, a result that is not finite.
    package func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores {
        try scorer.scores(batch, detail, parameters: parameters.values)
    }

    /// Natural log-probs of softmax(logits / temperature), without likeliest tokens. [N]; NaN at segment starts. One call at a time.
    ///
    /// - Parameter temperature: more than 0.
    /// - Throws: `TransformerError` for an id out of range, a segment longer than the context, a result that is not finite.
    package func logProbs(_ batch: PackedBatch, temperature: Double) throws -> [Float] {
        try scorer.logProbs(batch, parameters: parameters.values, temperature: temperature)
    }

    /// A decoder that generates text with this model, which must be held in f32.
    package func makeDecoder(_ limits: DecoderLimits) -> Decoder {
        precondition(precision == .f32, "decoding is in f32")
        return scorer.decoder(parameters: parameters.values, of: self, limits: limits)
    }

    /// Most bytes of keys and values that a decoder within these limits holds.
    package func cacheBytes(_ limits: DecoderLimits) -> Int { scorer.cacheByteCount(limits) }

    /// Bytes of the parameters in memory.
    package var parameterByteCount: Int { parameters.byteCount }

    /// Bytes that the batches scored so far made it hold beside the parameters.
    package var scratchByteCount: Int { scorer.heldByteCount }

    /// Most bytes that scoring batches within these limits takes beside the parameters.
    ///
    /// - Parameter maxBatchTokens: most that the segments of a batch cost together, as `BatchRoom` counts.
    package func scratchByteCount(maxBatchTokens: Int, maxSegmentTokens: Int) -> Int {
        scorer.scratchByteCount(maxBatchTokens: maxBatchTokens, maxSegmentTokens: maxSegmentTokens)
    }
}
