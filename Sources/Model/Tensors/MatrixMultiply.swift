import CKernels
import COpenBLAS

/// The one door to matrix products.
///
/// Our packed kernel runs forward passes, in which a row's arithmetic does not depend on its neighbours, and gradients where
/// `KernelPath.packsGradients`. Other gradients run OpenBLAS on one thread, in calls whose shapes depend on the batch alone,
/// never on the number of threads.
package enum MatrixMultiply {
    /// What becomes of a product and of what stands where it goes.
    package enum Accumulation: Int32, Sendable {
        case replacing
        /// Every chain of sums goes on from what it finds: products with parts of the inputs have the bits of the whole.
        case continuing
        /// Each block of at most 512 inputs is summed up from 0 and then added: the error of a sum over many blocks grows with their
        /// number alone.
        case apart
    }

    /// y [n, outputs] (+)= x [n, inputs] * right in the format of the panels. Cost: 2 n inputs outputs flops.
    package static func product(
        _ x: PreparedRows, _ right: Panels, into y: Tensor, _ accumulation: Accumulation = .replacing
    ) {
        precondition(x.rows.columns == right.inputs && y.columns == right.outputs, "shapes differ")
        precondition((x.rounded != nil) == (right.format == .bf16) && x.rows.rows == y.rows, "formats or shapes differ")
        let path = right.path.rawValue
        if let rounded = x.rounded {
            remit_bf16_gemm_packed(
                path, y.rows, right.outputs, right.inputs, rounded, right.baseAddress, right.stride, y.baseAddress,
                y.stride,
                accumulation.rawValue)
        } else {
            remit_gemm_packed(
                path, y.rows, right.outputs, right.inputs, x.rows.baseAddress, x.rows.stride, right.baseAddress,
                right.stride,
                y.baseAddress, y.stride, accumulation.rawValue)
        }
    }

    /// y [n, outputs] = x [n, inputs] * matrix^T.
    package static func forward(_ x: PreparedRows, _ matrix: PackedMatrix, into y: Tensor) {
        product(x, matrix.panels, into: y)
    }

    /// dx [n, inputs] (+)= dy [n, outputs] * matrix [outputs, inputs].
    static func inputGradient(
        _ dy: Tensor, _ matrix: UnsafePointer<Float>, into dx: Tensor, accumulate: Bool
    ) {
        precondition(dy.rows == dx.rows, "shapes differ")
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(dy.rows), blasint(dx.columns), blasint(dy.columns), 1,
            dy.baseAddress, blasint(dy.stride), matrix, blasint(dx.columns), accumulate ? 1 : 0, dx.baseAddress,
            blasint(dx.stride))
    }

    /// dmatrix [outputs, inputs] += dy^T [outputs, n] * x [n, inputs].
    static func weightGradient(_ dy: Tensor, _ x: Tensor, into dmatrix: UnsafeMutablePointer<Float>) {
        precondition(dy.rows == x.rows, "shapes differ")
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(dy.columns), blasint(x.columns), blasint(dy.rows), 1,
            dy.baseAddress,
            blasint(dy.stride), x.baseAddress, blasint(x.stride), 1, dmatrix, blasint(x.columns))
    }

    /// Tells OpenBLAS to use the calling thread only. Called once before the first gradient.
    package static func useCallingThreadOnly() { openblas_set_num_threads(1) }
}
