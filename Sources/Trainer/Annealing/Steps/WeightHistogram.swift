import TokenWeights

/// The weights of a step's scored tokens, counted in equal bins over all that the weighting can give. A weight outside of it (none is
/// expected) counts in the nearest bin.
package struct WeightHistogram: Sendable, Equatable, Codable {
    /// Number of equal bins from `low` to `high`.
    package static let binCount = 40

    /// Smallest weight that the weighting can give: where the first bin begins.
    package let low: Double
    /// Largest weight that the weighting can give: where the last bin ends. It counts in that bin.
    package let high: Double
    /// Scored tokens of each bin, from low to high. [binCount]
    package private(set) var counts: [Int]

    /// Empty bins over a range that is more than one number.
    package init(_ range: ClosedRange<Double>) {
        low = range.lowerBound
        high = range.upperBound
        counts = Array(repeating: 0, count: Self.binCount)
    }

    /// Counts the weight of one scored token; NaN counts in the first bin.
    package mutating func add(_ weight: Float) {
        let bin = (Double(weight) - low) / (high - low) * Double(counts.count)
        // Also for what is not finite: the loss will say so.
        counts[bin > 0 ? (bin < Double(counts.count) ? Int(bin) : counts.count - 1) : 0] += 1
    }
}

extension AnnealingOptions {
    /// Range of the weights that a run can have; nil where all are 1, or nobody knows.
    package var weightRange: ClosedRange<Double>? {
        weighting.name == ProgramWeighting.name ? nil : weighting.range
    }
}
