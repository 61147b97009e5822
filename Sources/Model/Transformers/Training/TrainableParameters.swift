import Tensors

/// The parameters of a model in training: a flat arena of values, and every matrix packed for the forward pass and for gradients.
final class TrainableParameters {
    let arena: TensorBuffer
    private(set) var values: ModelParameters
    /// Matrices that gradients pass through, by what they are for.
    let gradientMatrices: [ParameterRole: GradientMatrix]
    private let packed: [(parameter: Parameter, matrix: PackedMatrix)]
    private let workers: WorkerPool

    init(
        _ architecture: TransformerArchitecture, _ parameters: [Parameter], _ format: MatrixFormat, arena: TensorBuffer,
        workers: WorkerPool
    ) {
        self.arena = arena
        self.workers = workers
        var packed: [(parameter: Parameter, matrix: PackedMatrix)] = []
        var layers = [ModelParameters.Layer](repeating: ModelParameters.Layer(), count: architecture.layers.count)
        var embedding: UnsafePointer<Float>?
        var head: PackedMatrix?
        var finalNorm: UnsafePointer<Float>?
        func pack(_ parameter: Parameter) -> PackedMatrix {
            let matrix = PackedMatrix(
                outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: workers.path)
            packed.append((parameter, matrix))
            return matrix
        }
        for parameter in parameters {
            let values = UnsafePointer(arena.baseAddress + parameter.range.lowerBound)
            switch parameter.role {
            case .embedding:
                embedding = values
                if architecture.isHeadTied { head = pack(parameter) }
            case .head: head = pack(parameter)
            case .finalNorm: finalNorm = values
            case .layer(let index, let role):
                if parameter.kind == .matrix {
                    layers[index].set(role, pack(parameter))
                } else {
                    layers[index].set(role, values)
                }
            }
        }
        guard let embedding, let head else { preconditionFailure("every model has an embedding and a head") }
        values = ModelParameters(
            format: format, embedding: .table(embedding), head: head, finalNorm: finalNorm, layers: layers)
        self.packed = packed
        gradientMatrices = Dictionary(
            uniqueKeysWithValues: packed.map { parameter, matrix in
                (
                    parameter.role,
                    GradientMatrix(
                        arena.baseAddress + parameter.range.lowerBound, outputs: matrix.outputs, inputs: matrix.inputs,
                        format: format, path: workers.path)
                )
            })
        repack()
    }

    /// Bytes of the packed matrices, of both kinds.
    var packedByteCount: Int {
        packed.reduce(0) { $0 + $1.matrix.byteCount } + gradientMatrices.values.reduce(0) { $0 + $1.byteCount }
    }

    /// Takes over the values of the arena.
    func repack() {
        for (parameter, matrix) in packed {
            matrix.pack(arena.baseAddress + parameter.range.lowerBound, workers: workers)
            gradientMatrices[parameter.role]?.pack(arena.baseAddress + parameter.range.lowerBound, workers: workers)
        }
    }
}
