/// Numbers over independent units: the bases of an experiment, say.
package enum Statistics {
    /// The confidence of every interval.
    package static let confidence = 0.95
    /// Below it, and with an interval without zero, a difference is shown.
    package static let significance = 0.05

    package static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Of the sample, divided by n - 1; nil for fewer than two values.
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
