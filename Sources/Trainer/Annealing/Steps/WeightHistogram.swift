/// The weights of a step's scored tokens, counted in equal bins over all that the weighting can give. A weight outside of it (none is
/// expected) counts in the nearest bin.
package struct WeightHistogram: Sendable, Equatable, Codable {
    package static let binCount = 40

    package let low: Double
    package let high: Double
    package private(set) var counts: [Int]

    package init(_ range: ClosedRange<Double>) {
        low = range.lowerBound
        high = range.upperBound
        counts = Array(repeating: 0, count: Self.binCount)
    }

    package mutating func add(_ weight: Float) {
        let bin = (Double(weight) - low) / (high - low) * Double(counts.count)
        // Also for what is not finite: the loss will say so.
        counts[bin > 0 ? (bin < Double(counts.count) ? Int(bin) : counts.count - 1) : 0] += 1
    }
}

extension AnnealingOptions {
    /// What the weights of a run can be; nil where all are 1.
    package var weightRange: ClosedRange<Double>? {
        switch weighting {
        case "ntp": nil
        case "rho1": 0...1
        default: epsilon > 0 ? (1 - epsilon)...(1 + epsilon) : nil
        }
    }
}
