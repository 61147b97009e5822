import CKernels

/// Sums and clamps over tensors.
extension Tensor {
    /// self += other
    package func add(_ other: Tensor, path: KernelPath) {
        precondition(rows == other.rows && columns == other.columns, "shapes differ")
        for index in 0..<rows { remit_add(path.rawValue, columns, other.row(index), row(index)) }
    }

    /// Each row += bias [columns].
    package func addToRows(_ bias: UnsafePointer<Float>, path: KernelPath) {
        remit_add_rows(path.rawValue, rows, columns, bias, baseAddress, stride)
    }

    /// sum [columns] += rows, in blocks of 256, in order: the gradient of `addToRows`.
    package func sumRows(into sum: UnsafeMutablePointer<Float>, path: KernelPath) {
        remit_sum_rows(path.rawValue, rows, columns, baseAddress, stride, sum)
    }

    /// self *= factor
    package func scale(by factor: Float, path: KernelPath) {
        for index in 0..<rows { remit_scale(path.rawValue, columns, factor, row(index)) }
    }

    /// Cuts every value to [-limit, limit], in place.
    package func clamp(to limit: Float, path: KernelPath) {
        for index in 0..<rows { remit_clamp(path.rawValue, columns, limit, row(index)) }
    }

    /// Sets gradients to 0 where the value was clamped.
    ///
    /// - Parameter values: what `clamp` left; one at a limit counts as clamped.
    package func clampBackward(values: Tensor, limit: Float, path: KernelPath) {
        for index in 0..<rows { remit_clamp_backward(path.rawValue, columns, limit, values.row(index), row(index)) }
    }
}
