import Checkpoints
import Tensors

/// Where a frozen model's parameters come from: a checkpoint, which is packed into memory, or a packed file.
protocol ParameterSource {
    /// A matrix, packed for the kernels.
    func matrix(_ parameter: Parameter) throws -> PackedMatrix
    /// What is read as it is, in f32.
    func vector(_ parameter: Parameter) throws -> TensorBuffer
}

/// Reads a checkpoint some rows at a time, and hashes what it reads: beside what is packed little is held.
struct CheckpointParameters: ParameterSource {
    let checkpoint: Checkpoint
    let format: MatrixFormat
    let workers: WorkerPool

    func matrix(_ parameter: Parameter) throws -> PackedMatrix {
        let matrix = PackedMatrix(
            outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: workers.path)
        try forEachRows(parameter) { first, rows in
            guard let base = rows.baseAddress else { return }
            matrix.pack(base, first: first, count: rows.count / parameter.shape[1], workers: workers)
        }
        return matrix
    }

    func vector(_ parameter: Parameter) throws -> TensorBuffer {
        let buffer = TensorBuffer(count: parameter.range.count, zeroed: false)
        try checkpoint.read(parameter.name, shape: parameter.shape, hashing: true, into: buffer.values)
        return buffer
    }

    /// Hands some rows of a matrix [outputs, inputs] at a time to `body`, with the number of the first: that of a panel's first.
    func forEachRows(
        _ parameter: Parameter, _ body: (_ first: Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let width = workers.path.panelWidth
        let rows = max(1, Checkpoint.pieceBytes / MemoryLayout<Float>.stride / parameter.shape[1] / width) * width
        try checkpoint.readRows(parameter.name, shape: parameter.shape, atMost: rows, body)
    }
}
