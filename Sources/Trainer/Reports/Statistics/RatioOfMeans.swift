/// The ratio of two means over the same units, with Fieller's interval (Fieller 1954).
package struct RatioOfMeans: Sendable, Equatable {
    /// Mean of the numerators over mean of the denominators; NaN where there is none.
    package let ratio: Double
    /// 95 % interval: the ratios r for which the paired t test does not tell the mean of `numerator - r * denominator` from zero. It covers 95
    /// times in 100 where the pairs are normal. nil for fewer than two units, for a number that is not finite, and where the denominators'
    /// own 95 % interval covers zero: then no ratio is excluded, or those between two numbers alone.
    package let interval: ClosedRange<Double>?

    /// - Parameters:
    ///   - numerators: one a unit.
    ///   - denominators: one a unit, in the same order.
    package init(_ numerators: [Double], over denominators: [Double]) {
        precondition(numerators.count == denominators.count, "expected a denominator for each numerator")
        let (top, bottom) = (Statistics.mean(numerators), Statistics.mean(denominators))
        ratio = top / bottom
        guard let own = Statistics.interval(denominators), !own.contains(0), Statistics.interval(numerators) != nil
        else {
            interval = nil
            return
        }
        let n = Double(numerators.count)
        let t = StudentT.factor(share: Statistics.confidence, degreesOfFreedom: numerators.count - 1)
        let scale = t * t / (n * (n - 1))
        func product(_ a: [Double], _ meanA: Double, _ b: [Double], _ meanB: Double) -> Double {
            zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
        }
        // (top - r bottom)^2 = scale * sum of squares of (numerator - r denominator): a quadratic in r that opens upwards.
        let a = bottom * bottom - scale * product(denominators, bottom, denominators, bottom)
        let b = top * bottom - scale * product(numerators, top, denominators, bottom)
        let c = top * top - scale * product(numerators, top, numerators, top)
        let root = max(0, b * b - a * c).squareRoot()
        interval = ((b - root) / a)...((b + root) / a)
    }
}
