/// The exact test of Fisher's that paired differences lie about zero: where they do, each is as likely with the other sign.
package enum SignFlipTest {
    /// Most differences that are taken: the sums of half of them are held, 2^24 of 48.
    package static let mostDifferences = 48
    /// Sums that differ by no more than this, relative to the sum of sizes, are equal: they would be without rounding.
    private static let rounding = 1e-12

    /// Two-sided p: the share of the 2^n choices of signs whose sum is at least as far from zero as that of the differences as
    /// they are. Never below 2^(1 - n).
    ///
    /// Every choice is a choice for one half of the differences and one for the other. The sums of each half are made in ascending
    /// order, and the pairs that lie far enough counted by two indices (Horowitz and Sahni 1974).
    ///
    /// - Returns: nil for no differences, more than `mostDifferences`, or one that is not finite.
    /// - Complexity: 2^(n / 2) additions and numbers.
    package static func p(_ differences: [Double]) -> Double? {
        guard (1...mostDifferences).contains(differences.count), differences.allSatisfy(\.isFinite) else { return nil }
        let sizes = differences.map(\.magnitude)
        let seen = differences.reduce(0, +).magnitude - rounding * sizes.reduce(0, +)
        guard seen > 0 else { return 1 }
        // The other end has as many: a sum and its opposite are equally far.
        let far = pairs(atLeast: seen, sums(sizes[..<(sizes.count / 2)]), sums(sizes[(sizes.count / 2)...]))
        return min(1, 2 * Double(far) / Double(sign: .plus, exponent: sizes.count, significand: 1))
    }

    /// The 2^n sums of `sizes` with every choice of signs, ascending.
    private static func sums(_ sizes: ArraySlice<Double>) -> [Double] {
        var sums = [0.0]
        for size in sizes {
            // Both are ascending: one pass merges them.
            let count = sums.count
            sums = [Double](unsafeUninitializedCapacity: 2 * count) { merged, filled in
                var (minus, plus) = (0, 0)
                while minus < count || plus < count {
                    let takesMinus = plus == count || (minus < count && sums[minus] - size <= sums[plus] + size)
                    merged.initializeElement(at: minus + plus, to: takesMinus ? sums[minus] - size : sums[plus] + size)
                    if takesMinus { minus += 1 } else { plus += 1 }
                }
                filled = 2 * count
            }
        }
        return sums
    }

    /// Pairs of an element of each whose sum is at least `bound`.
    private static func pairs(atLeast bound: Double, _ first: [Double], _ second: [Double]) -> Int {
        var pairs = 0
        var start = second.count
        for value in first {
            while start > 0, value + second[start - 1] >= bound { start -= 1 }
            pairs += second.count - start
        }
        return pairs
    }
}
