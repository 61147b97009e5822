import Foundation
import Reports

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
    package var interval: ClosedRange<Double>? { Statistics.interval(differences) }
    package var p: Double? { SignFlipTest.p(differences) }

    /// Whether both the interval and the test tell the difference from none. Fewer than six bases never do: of five the smallest p
    /// is 0.0625.
    package var isShown: Bool {
        guard let interval, let p else { return false }
        return !interval.contains(0) && p < Statistics.significance
    }

    /// How `interval` and `p` are made, wherever they stand.
    package static func procedure(bases: Int) -> String {
        let degrees = bases == 2 ? "1 degree" : "\(bases - 1) degrees"
        return
            "Differences are paired by base; in brackets the 95 % interval of the paired t test over \(bases) bases "
            + "(Student's t, \(degrees) of freedom), p is that of the exact sign-flip test, two-sided"
            + String(format: " (at least %.3g with so many bases).", exp2(1 - Double(bases)))
    }

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
        let shown =
            "\(start) (95 % interval of paired t \(format(interval.lowerBound)) to \(format(interval.upperBound))"
            + (p.map { String(format: ", sign-flip p %.3f)", $0) } ?? ")")
        if interval.contains(0) { return shown + ". The interval covers zero: no difference is shown." }
        guard isShown else {
            return shown + String(format: ". p is not below %.2f: no difference is shown.", Statistics.significance)
        }
        return "\(shown): \(better), as far as \(differences.count) bases tell."
    }
}
