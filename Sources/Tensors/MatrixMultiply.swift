import CKernels
import COpenBLAS

/// The one door to matrix products.
///
/// Forward passes run our packed kernel, in which a row's arithmetic does not depend on its neighbours. Gradients run
/// OpenBLAS on one thread, in calls whose shapes depend on the batch alone, never on the number of threads.
package enum MatrixMultiply {
    /// y [n, outputs] = x [n, inputs] * weights^T in the format of the weights. Cost: 2 n inputs outputs flops.
    package static func forward(_ x: PreparedRows, _ weights: PackedMatrix, into y: Tensor) {
        guard let rounded = x.rounded else { return forward(x.rows, weights, into: y) }
        precondition(x.rows.columns == weights.inputs && y.columns == weights.outputs, "shapes differ")
        precondition(weights.format == .bf16 && x.rows.rows == y.rows, "formats or shapes differ")
        remit_bf16_gemm_packed(
            weights.path.rawValue, y.rows, weights.outputs, weights.inputs, rounded, weights.storage.base, y.base,
            y.stride)
    }

    /// The same in f32.
    package static func forward(_ x: Tensor, _ weights: PackedMatrix, into y: Tensor) {
        precondition(x.columns == weights.inputs && y.columns == weights.outputs, "shapes differ")
        precondition(weights.format == .f32 && x.rows == y.rows, "formats or shapes differ")
        remit_gemm_packed(
            weights.path.rawValue, x.rows, weights.outputs, weights.inputs, x.base, x.stride, weights.storage.base,
            y.base,
            y.stride)
    }

    /// The same for outputs [first, first + y.columns) only; `first` is a multiple of the panel width.
    package static func forward(_ x: Tensor, _ weights: PackedMatrix, outputsFrom first: Int, into y: Tensor) {
        precondition(x.columns == weights.inputs && x.rows == y.rows && weights.format == .f32, "shapes differ")
        precondition(first + y.columns <= weights.outputs, "no such outputs")
        remit_gemm_packed(
            weights.path.rawValue, x.rows, y.columns, weights.inputs, x.base, x.stride, weights.panels(from: first),
            y.base,
            y.stride)
    }

    /// dx [n, inputs] (+)= dy [n, outputs] * weights [outputs, inputs].
    package static func inputGradient(
        _ dy: Tensor, _ weights: UnsafePointer<Float>, into dx: Tensor, accumulate: Bool
    ) {
        precondition(dy.rows == dx.rows, "shapes differ")
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(dy.rows), blasint(dx.columns), blasint(dy.columns), 1,
            dy.base, blasint(dy.stride), weights, blasint(dx.columns), accumulate ? 1 : 0, dx.base, blasint(dx.stride))
    }

    /// dweights [outputs, inputs] += dy^T [outputs, n] * x [n, inputs].
    package static func weightGradient(_ dy: Tensor, _ x: Tensor, into dweights: UnsafeMutablePointer<Float>) {
        precondition(dy.rows == x.rows, "shapes differ")
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(dy.columns), blasint(x.columns), blasint(dy.rows), 1,
            dy.base,
            blasint(dy.stride), x.base, blasint(x.stride), 1, dweights, blasint(x.columns))
    }

    /// Outputs whose weight gradient is one piece of work.
    package static let outputsPerPiece = 384

    /// Tells OpenBLAS to use the calling thread only. Called once before the first gradient.
    package static func useCallingThreadOnly() { openblas_set_num_threads(1) }
}
