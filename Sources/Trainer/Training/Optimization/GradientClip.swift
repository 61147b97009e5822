/// Scaling of a gradient whose norm is over a limit (Pascanu et al., On the difficulty of training recurrent neural networks, 2013).
package struct GradientClip: Sendable {
    /// Euclidean norm to which a gradient is scaled down where it is larger; 0: never.
    package let maxNorm: Double

    package init(maxNorm: Double) { self.maxNorm = maxNorm }

    /// Checks the limit.
    ///
    /// - Throws: `TrainingError.badOption` where it is negative or not finite.
    package func validate() throws {
        try TrainingError.require(
            maxNorm.isFinite && maxNorm >= 0, "grad-clip", maxNorm, "a finite number, 0 (never clip) or more")
    }

    /// Factor of a gradient of this Euclidean norm: 1 where it may stay as it is.
    package func scale(norm: Double) -> Double { maxNorm > 0 && norm > maxNorm ? maxNorm / norm : 1 }
}
