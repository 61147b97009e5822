/// Numbers over independent units: the bases of an experiment, say.
package enum Statistics {
    /// Confidence of every interval: 95 %.
    package static let confidence = 0.95
    /// Bound on p: a difference is shown where p is below it and the interval does not hold zero.
    package static let significance = 0.05

    /// Arithmetic mean, summed in order; NaN for no values.
    package static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Standard deviation of the sample, with n - 1 as the divisor; nil for fewer than two values.
    package static func deviation(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        let mean = mean(values)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }

    /// The 95 % interval of the mean by Student's t with n - 1 degrees of freedom: mean ± t s / sqrt(n). Of paired differences that is
    /// the interval of the paired t test. It covers 95 times in 100 where the values are normal; of strongly skewed ones fewer.
    /// - Returns: nil for fewer than two values, and where one is not finite.
    package static func interval(_ values: [Double]) -> ClosedRange<Double>? {
        guard let deviation = deviation(values) else { return nil }
        let mean = mean(values)
        let half =
            StudentT.factor(share: confidence, degreesOfFreedom: values.count - 1) * deviation
            / Double(values.count).squareRoot()
        guard mean.isFinite, half.isFinite else { return nil }
        return (mean - half)...(mean + half)
    }
}
