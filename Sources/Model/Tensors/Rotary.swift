import CKernels

/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) from tables of cosines and sines.
package struct Rotary {
    /// Features of each head that are turned, from `firstFeature` on.
    package let width: Int
    package let firstFeature: Int
    /// Feature 2j turns with 2j + 1 instead of j with j + width / 2.
    package let isInterleaved: Bool
    /// [positions, width / 2]
    package let cosines: UnsafePointer<Float>
    package let sines: UnsafePointer<Float>

    package init(
        width: Int, firstFeature: Int = 0, isInterleaved: Bool = false, cosines: UnsafePointer<Float>,
        sines: UnsafePointer<Float>
    ) {
        self.width = width
        self.firstFeature = firstFeature
        self.isInterleaved = isInterleaved
        self.cosines = cosines
        self.sines = sines
    }

    /// Turns each head of x [rows, heads * headWidth] in place by its row's position.
    package func forward(_ x: Tensor, headWidth: Int, positions: UnsafePointer<Int32>, path: KernelPath) {
        turn(x, headWidth, positions, 1, path)
    }

    /// The gradient turns back.
    package func backward(_ dx: Tensor, headWidth: Int, positions: UnsafePointer<Int32>, path: KernelPath) {
        turn(dx, headWidth, positions, -1, path)
    }

    private func turn(
        _ x: Tensor, _ headWidth: Int, _ positions: UnsafePointer<Int32>, _ direction: Int32, _ path: KernelPath
    ) {
        precondition(firstFeature + width <= headWidth && x.columns % headWidth == 0, "shapes differ")
        remit_rope(
            path.rawValue, x.rows, x.columns / headWidth, headWidth, firstFeature, width, x.base, x.stride, positions,
            cosines,
            sines, isInterleaved ? 1 : 0, direction)
    }
}
