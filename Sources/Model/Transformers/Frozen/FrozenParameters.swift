import Checkpoints
import Tensors

/// Owns a frozen model's parameters: every matrix in packed form only, so that nothing is held twice.
final class FrozenParameters {
    let values: ModelParameters
    let byteCount: Int
    private let vectors: [TensorBuffer]

    init(
        _ architecture: TransformerArchitecture, _ parameters: [Parameter], format: MatrixFormat,
        checkpoint: Checkpoint, workers: WorkerPool
    ) throws {
        var reader = Reader(checkpoint: checkpoint, format: format, workers: workers)
        var layers = [ModelParameters.Layer](repeating: ModelParameters.Layer(), count: architecture.layers.count)
        var embedding: ModelParameters.Embedding?
        var head: PackedMatrix?
        var finalNorm: UnsafePointer<Float>?
        for parameter in parameters {
            switch parameter.role {
            case .embedding where architecture.isHeadTied:
                let matrix = try reader.matrix(parameter)
                (embedding, head) = (.packed(matrix), matrix)
            case .embedding: embedding = .table(try reader.vector(parameter))
            case .head: head = try reader.matrix(parameter)
            case .finalNorm: finalNorm = try reader.vector(parameter)
            case .layer(let index, let role):
                if parameter.kind == .matrix {
                    layers[index].set(role, try reader.matrix(parameter))
                } else {
                    layers[index].set(role, try reader.vector(parameter))
                }
            }
        }
        guard let embedding, let head else { preconditionFailure("every model has an embedding and a head") }
        values = ModelParameters(
            format: format, embedding: embedding, head: head, finalNorm: finalNorm, layers: layers)
        vectors = reader.vectors
        byteCount = reader.byteCount
    }

    private struct Reader {
        let checkpoint: Checkpoint
        let format: MatrixFormat
        let workers: WorkerPool
        var vectors: [TensorBuffer] = []
        var byteCount = 0

        /// Reads through a buffer that lives no longer than this call.
        mutating func matrix(_ parameter: Parameter) throws -> PackedMatrix {
            let buffer = TensorBuffer(count: parameter.range.count, zeroed: false)
            try checkpoint.read(parameter.name, shape: parameter.shape, hashing: true, into: buffer.values)
            let matrix = PackedMatrix(
                outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: workers.path)
            withExtendedLifetime(buffer) { matrix.pack(buffer.baseAddress, workers: workers) }
            byteCount += matrix.byteCount
            return matrix
        }

        mutating func vector(_ parameter: Parameter) throws -> UnsafePointer<Float> {
            let buffer = TensorBuffer(count: parameter.range.count, zeroed: false)
            try checkpoint.read(parameter.name, shape: parameter.shape, hashing: true, into: buffer.values)
            vectors.append(buffer)
            byteCount += buffer.byteCount
            return UnsafePointer(buffer.baseAddress)
        }
    }
}

extension TransformerArchitecture {
    /// Throws where the checkpoint holds a tensor that this architecture would not read: its numbers would be missing.
    func checkTensors(_ checkpoint: Checkpoint, _ parameters: [Parameter]) throws {
        var expected = Set(parameters.map(\.name))
        if isHeadTied { expected.insert(names.head) }
        for name in checkpoint.tensorNames where !expected.contains(name) {
            guard names.ignoredSuffixes.contains(where: name.hasSuffix) else {
                throw TransformerError.unexpectedTensor(directory: checkpoint.directory, tensor: name, family: family)
            }
        }
    }
}
