import Foundation

/// Power of the two-sided paired t test, for differences that are normal.
package enum PairedPower {
    /// Chance that the test rejects, where the true mean difference is so many standard deviations of a difference.
    ///
    /// The statistic is Student's t, not central: a normal Z + effect sqrt(n) over the root of a chi-squared divided by its degrees. Its
    /// distribution is integrated over that root by Simpson's rule.
    ///
    /// - Parameters:
    ///   - effect: mean difference over the standard deviation of the differences.
    ///   - bases: number n of differences, 2 or more.
    ///   - significance: bound on p, above 0 and below 1.
    package static func power(effect: Double, bases: Int, significance: Double) -> Double {
        precondition(bases >= 2, "expected 2 or more differences")
        let degrees = Double(bases - 1)
        let bound = StudentT.factor(share: 1 - significance, degreesOfFreedom: bases - 1)
        let shift = effect * Double(bases).squareRoot()
        // Density of the root of chi-squared over its degrees, by its logarithm.
        let constant = log(2) + degrees / 2 * log(degrees / 2) - lgamma(degrees / 2)
        let integrand = { (root: Double) -> Double in
            // With one degree of freedom the density does not vanish at 0.
            let rise = degrees == 1 ? 0 : (degrees - 1) * log(root)
            let density = exp(constant + rise - degrees * root * root / 2)
            return density * (normal(shift - bound * root) + normal(-shift - bound * root))
        }
        // Beyond ten standard deviations of the root around 1 there is nothing.
        let half = 10 / (2 * degrees).squareRoot()
        let (low, high) = (max(0, 1 - half), 1 + half)
        let steps = 4000
        let width = (high - low) / Double(steps)
        let sum = (0...steps).reduce(0.0) { sum, step in
            let weight: Double = step == 0 || step == steps ? 1 : step.isMultiple(of: 2) ? 2 : 4
            return sum + weight * integrand(low + Double(step) * width)
        }
        return min(1, sum * width / 3)
    }

    /// Smallest true mean difference that the test finds with the given power, in standard deviations of a difference.
    ///
    /// - Parameter power: above `significance` and below 1.
    package static func detectableEffect(power wanted: Double, bases: Int, significance: Double) -> Double {
        precondition(wanted > significance && wanted < 1, "expected a power between the significance and 1")
        var (low, high) = (0.0, 1.0)
        while power(effect: high, bases: bases, significance: significance) < wanted { (low, high) = (high, 2 * high) }
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if power(effect: middle, bases: bases, significance: significance) < wanted {
                low = middle
            } else {
                high = middle
            }
        }
        return high
    }

    /// Distribution function of the standard normal.
    private static func normal(_ value: Double) -> Double { erfc(-value / 2.0.squareRoot()) / 2 }
}
