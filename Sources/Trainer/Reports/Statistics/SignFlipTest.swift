/// The exact test of Fisher's that paired differences lie about zero: where they do, each is as likely with the other sign.
package enum SignFlipTest {
    /// Most differences that are taken: of n, 2^(n - 1) sums are made.
    package static let mostDifferences = 24
    /// Sums that differ by no more than this, relative to the sum of sizes, are equal: they would be without rounding.
    private static let rounding = 1e-12

    /// Two-sided p: the share of the 2^n choices of signs whose sum is at least as far from zero as that of the differences as
    /// they are. Never below 2^(1 - n).
    ///
    /// - Returns: nil for no differences, more than `mostDifferences`, or one that is not finite.
    /// - Complexity: 2^(n - 1) additions.
    package static func p(_ differences: [Double]) -> Double? {
        guard (1...mostDifferences).contains(differences.count), differences.allSatisfy(\.isFinite) else { return nil }
        let sizes = differences.map(\.magnitude)
        let whole = sizes.reduce(0, +)
        let seen = differences.reduce(0, +).magnitude - rounding * whole
        // A choice and its opposite are equally far: the last sign may stay.
        var sum = whole
        var far = sum >= seen ? 1 : 0
        let choices = 1 << (differences.count - 1)
        // Gray code: from one choice to the next a single sign changes.
        for choice in 1..<max(1, choices) {
            let changed = choice.trailingZeroBitCount
            let isNegative = (choice ^ (choice >> 1)) >> changed & 1 == 1
            sum += (isNegative ? -2 : 2) * sizes[changed]
            if sum.magnitude >= seen { far += 1 }
        }
        return Double(far) / Double(choices)
    }
}
