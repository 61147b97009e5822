import RandomNumbers

/// Numbers over independent bases.
package enum Statistics {
    package static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Of the sample, divided by n - 1; nil for fewer than two values.
    package static func deviation(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        let mean = mean(values)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }

    private static let resamples = 10_000

    /// The 95 % interval of the mean by resampling bases with replacement (Efron's percentile bootstrap); nil for fewer than three
    /// bases. With few bases it is too narrow rather than too wide.
    package static func bootstrapInterval(_ values: [Double]) -> ClosedRange<Double>? {
        guard values.count > 2 else { return nil }
        var random = SplitMix64(seed: 20_260_203)
        var means: [Double] = []
        for _ in 0..<resamples {
            var sum = 0.0
            for _ in values.indices { sum += values[random.below(values.count)] }
            means.append(sum / Double(values.count))
        }
        means.sort()
        return means[resamples / 40]...means[resamples - 1 - resamples / 40]
    }
}

extension [UInt64: Double] {
    /// The values by base, so that sums of them are the same bits each time.
    package var inOrder: [Double] { sorted { $0.key < $1.key }.map(\.value) }
}

/// The difference of a method to the baseline over the bases that both have.
package struct PairedDifference: Sendable, Equatable {
    package let differences: [Double]

    package init(_ method: [UInt64: Double], to baseline: [UInt64: Double]) {
        differences = method.keys.sorted().compactMap { seed in
            method[seed].flatMap { value in baseline[seed].map { value - $0 } }
        }
    }

    package var mean: Double { Statistics.mean(differences) }
    package var interval: ClosedRange<Double>? { Statistics.bootstrapInterval(differences) }

    /// What the numbers support, and no more. `unit` follows the number.
    package func words(
        _ what: String, against other: String = FlywheelMethod.baseline, format: (Double) -> String,
        higherIsBetter: Bool
    ) -> String {
        guard !differences.isEmpty else { return "\(what): no base has both." }
        let better = mean == 0 ? "the same" : (mean > 0) == higherIsBetter ? "better" : "worse"
        let start =
            "\(what): \(format(mean)) against \(other) over \(differences.count) base\(differences.count == 1 ? "" : "s")"
        guard let interval else { return start + ". Too few bases for an interval: nothing is shown." }
        let shown = "(95 % interval \(format(interval.lowerBound)) to \(format(interval.upperBound)))"
        return interval.contains(0)
            ? "\(start) \(shown). The interval covers zero: no difference is shown."
            : "\(start) \(shown): \(better), as far as \(differences.count) bases tell."
    }
}
