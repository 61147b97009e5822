import Tensors

/// What a forward pass reads: matrices packed for the kernel, vectors as they are.
struct ModelParameters {
    /// Rows of the embedding: a table of its own, or the tied head's packed form.
    enum Embedding {
        case table(UnsafePointer<Float>)
        case packed(PackedMatrix)
    }

    struct Layer {
        private(set) var matrices = [PackedMatrix?](repeating: nil, count: LayerParameter.allCases.count)
        private(set) var vectors = [UnsafePointer<Float>?](repeating: nil, count: LayerParameter.allCases.count)

        mutating func set(_ parameter: LayerParameter, _ matrix: PackedMatrix) { matrices[parameter.rawValue] = matrix }
        mutating func set(_ parameter: LayerParameter, _ vector: UnsafePointer<Float>) {
            vectors[parameter.rawValue] = vector
        }
        func vector(_ parameter: LayerParameter) -> UnsafePointer<Float>? { vectors[parameter.rawValue] }

        /// y = x W^T + bias
        func apply(_ parameter: LayerParameter, _ x: PreparedRows, into y: Tensor, path: KernelPath) {
            guard let matrix = matrices[parameter.rawValue] else { preconditionFailure("no matrix for \(parameter)") }
            MatrixMultiply.forward(x, matrix, into: y)
            if let role = parameter.bias, let bias = vector(role) { y.addToRows(bias, path: path) }
        }
    }

    /// Form in which all matrices are packed.
    var format: MatrixFormat
    var embedding: Embedding
    var head: PackedMatrix
    var finalNorm: UnsafePointer<Float>?
    var layers: [Layer]
}
