import Checkpoints
import Tensors

/// Owns a frozen model's parameters: every matrix in packed form only, so that nothing is held twice.
final class FrozenParameters {
    let values: ModelParameters
    let byteCount: Int
    private let vectors: [TensorBuffer]

    init(
        _ architecture: TransformerArchitecture, _ parameters: [Parameter], format: MatrixFormat,
        from source: any ParameterSource
    ) throws {
        var (vectors, byteCount): ([TensorBuffer], Int) = ([], 0)
        func matrix(_ parameter: Parameter) throws -> PackedMatrix {
            let matrix = try source.matrix(parameter)
            byteCount += matrix.byteCount
            return matrix
        }
        func vector(_ parameter: Parameter) throws -> UnsafePointer<Float> {
            let buffer = try source.vector(parameter)
            vectors.append(buffer)
            byteCount += buffer.byteCount
            return UnsafePointer(buffer.baseAddress)
        }
        var layers = [ModelParameters.Layer](repeating: ModelParameters.Layer(), count: architecture.layers.count)
        var embedding: ModelParameters.Embedding?
        var head: PackedMatrix?
        var finalNorm: UnsafePointer<Float>?
        for parameter in parameters {
            switch parameter.role {
            case .embedding where architecture.isHeadTied:
                let shared = try matrix(parameter)
                (embedding, head) = (.packed(shared), shared)
            case .embedding: embedding = .table(try vector(parameter))
            case .head: head = try matrix(parameter)
            case .finalNorm: finalNorm = try vector(parameter)
            case .layer(let index, let role):
                if parameter.kind == .matrix {
                    layers[index].set(role, try matrix(parameter))
                } else {
                    layers[index].set(role, try vector(parameter))
                }
            }
        }
        guard let embedding, let head else { preconditionFailure("every model has an embedding and a head") }
        values = ModelParameters(
            format: format, embedding: embedding, head: head, finalNorm: finalNorm, layers: layers)
        self.vectors = vectors
        self.byteCount = byteCount
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
