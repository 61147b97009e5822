import CKernels

/// RMSNorm (Zhang and Sennrich 2019, arXiv 1910.07467) or LayerNorm over rows:
/// y = (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * (weight + offset), mean only where centred.
package struct Norm: Sendable {
    /// Added to the mean square before the root, as in the formula of `Norm`.
    package let epsilon: Float
    /// Added to the weight: 1 in families that store weight - 1.
    package let offset: Float
    /// Whether the mean is taken off first: true for LayerNorm, false for RMSNorm.
    package let isCentered: Bool

    package init(epsilon: Float, offset: Float = 0, isCentered: Bool = false) {
        self.epsilon = epsilon
        self.offset = offset
        self.isCentered = isCentered
    }

    /// Writes the norm of each row of `x` to `y`, [n, D] both.
    ///
    /// - Parameter weight: [columns of x], or nil for a norm without parameters.
    package func forward(_ x: Tensor, weight: UnsafePointer<Float>?, into y: Tensor, path: KernelPath) {
        remit_norm_forward(
            path.rawValue, x.rows, x.columns, x.baseAddress, x.stride, weight, offset, epsilon, isCentered ? 1 : 0,
            y.baseAddress,
            y.stride)
    }

    /// dx (+)= gradient of x; dweight, where not nil, += gradient of the weight, rows in order.
    ///
    /// - Parameter accumulate: whether dx is added to or overwritten.
    package func backward(
        _ x: Tensor, weight: UnsafePointer<Float>?, dy: Tensor, into dx: Tensor, accumulate: Bool,
        dweight: UnsafeMutablePointer<Float>?, path: KernelPath
    ) {
        remit_norm_backward(
            path.rawValue, x.rows, x.columns, x.baseAddress, x.stride, weight, offset, epsilon, isCentered ? 1 : 0,
            dy.baseAddress,
            dy.stride, dx.baseAddress, dx.stride, accumulate ? 1 : 0, dweight)
    }
}
