import Checkpoints
import Tensors

/// The memory that a frozen model will take, told from its configuration alone.
package struct ModelFootprint: Equatable, Sendable {
    /// Bytes of the parameters in memory, as `FrozenTransformer.parameterByteCount` has them.
    package let parameterBytes: Int
    /// Most bytes that scoring takes beside the parameters, as `FrozenTransformer.scratchByteCount` has them.
    package let scratchBytes: Int
    /// Most bytes taken on top of the parameters while they are read: a piece of a tensor, as it stands in the file and in f32.
    package let loadingBytes: Int

    /// - Parameters:
    ///   - maxSegmentTokens: no more than the model's context is counted.
    package init(
        checkpoint: Checkpoint, precision: Precision, workers: WorkerPool, maxBatchTokens: Int, maxSegmentTokens: Int
    ) throws {
        let architecture = try ModelFamilies.architecture(of: checkpoint)
        let format = precision.format
        let parameters = architecture.parameters()
        parameterBytes = parameters.reduce(0) { sum, parameter in
            sum
                + (architecture.isPacked(parameter)
                    ? PackedMatrix.byteCount(
                        outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: workers.path)
                    : parameter.range.count * MemoryLayout<Float>.stride)
        }
        scratchBytes = Scorer(architecture, format: format, workers: workers)
            .scratchByteCount(
                maxBatchTokens: maxBatchTokens, maxSegmentTokens: min(maxSegmentTokens, architecture.contextLength))
        let largest = parameters.map(\.range.count).max() ?? 0
        loadingBytes = 2 * min(largest * MemoryLayout<Float>.stride, Checkpoint.pieceBytes)
    }
}

extension TransformerArchitecture {
    /// Whether `FrozenParameters` holds it as panels; the others are rows of floats.
    func isPacked(_ parameter: Parameter) -> Bool {
        switch parameter.role {
        case .embedding: isHeadTied
        case .head: true
        case .finalNorm: false
        case .layer: parameter.kind == .matrix
        }
    }
}
