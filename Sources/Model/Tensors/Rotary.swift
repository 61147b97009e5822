import CKernels

/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) from tables of cosines and sines.
package struct Rotary {
    /// Features of each head that are turned, from `firstFeature` on; even.
    package let width: Int
    /// First of the features of a head that are turned; those before it stay as they are.
    package let firstFeature: Int
    /// Whether feature 2j turns with 2j + 1 instead of j with j + width / 2.
    package let isInterleaved: Bool
    /// Cosines of the angles, by position and pair of features. [positions, width / 2]
    package let cosines: UnsafePointer<Float>
    /// Sines of the angles, by position and pair of features. [positions, width / 2]
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
        turn(x, headWidth, positions, direction: 1, path: path)
    }

    /// Turns the gradients of x [rows, heads * headWidth] back in place: the inverse of `forward`.
    package func backward(_ dx: Tensor, headWidth: Int, positions: UnsafePointer<Int32>, path: KernelPath) {
        turn(dx, headWidth, positions, direction: -1, path: path)
    }

    private func turn(
        _ x: Tensor, _ headWidth: Int, _ positions: UnsafePointer<Int32>, direction: Int32, path: KernelPath
    ) {
        precondition(firstFeature + width <= headWidth && x.columns % headWidth == 0, "shapes differ")
        remit_rope(
            path.rawValue, x.rows, x.columns / headWidth, headWidth, firstFeature, width, x.baseAddress, x.stride,
            positions,
            cosines,
            sines, isInterleaved ? 1 : 0, direction)
    }
}
