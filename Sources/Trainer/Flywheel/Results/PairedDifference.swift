import Foundation
import Reports

extension [UInt64: Double] {
    /// Values in ascending order of their keys (the seeds of bases), so that sums of them are the same bits each time.
    package var inOrder: [Double] { sorted { $0.key < $1.key }.map(\.value) }
}

/// Differences of a method to the baseline, one for each base that has both, with the statistics that a report states.
package struct PairedDifference: Sendable, Equatable {
    /// Method minus baseline, one a base, in ascending order of seeds. Empty where no base has both.
    package let differences: [Double]

    /// Pairs the values of two methods by base and leaves out the bases that only one of them has.
    ///
    /// - Parameters:
    ///   - method: values by the seed of the base.
    ///   - baseline: what is subtracted, by the seed of the base.
    package init(_ method: [UInt64: Double], to baseline: [UInt64: Double]) {
        differences = Self.byBase(method, to: baseline).inOrder
    }

    /// Method minus baseline by the seed of the base, for the bases that have both.
    package static func byBase(_ method: [UInt64: Double], to baseline: [UInt64: Double]) -> [UInt64: Double] {
        var found: [UInt64: Double] = [:]
        for (seed, value) in method {
            if let other = baseline[seed] { found[seed] = value - other }
        }
        return found
    }

    /// Mean difference, in the unit of the values; NaN where there is none.
    package var mean: Double { Statistics.mean(differences) }
    /// 95 % interval of the paired t test for the mean difference; nil for fewer than two bases or a difference that is not
    /// finite.
    package var interval: ClosedRange<Double>? { Statistics.interval(differences) }
    /// Two-sided p of the exact sign-flip test; nil for fewer than two bases, more than `SignFlipTest.mostDifferences`, or a difference that
    /// is not finite.
    package var p: Double? { differences.count < 2 ? nil : SignFlipTest.p(differences) }
    /// Why there is no p where there are so many bases; nil where there are not.
    package var tooManyForP: String? {
        differences.count > SignFlipTest.mostDifferences
            ? "p not computed above \(SignFlipTest.mostDifferences) bases" : nil
    }

    /// Whether both the interval and the test tell the difference from none. Fewer than six bases never do: of five the smallest p
    /// is 0.0625.
    package var isShown: Bool {
        guard let interval, let p else { return false }
        return !interval.contains(0) && p < Statistics.significance
    }

    /// A sentence for reports: how intervals and p of paired differences are made.
    ///
    /// - Parameter bases: their number, 2 or more.
    package static func procedure(bases: Int) -> String {
        let degrees = bases == 2 ? "1 degree" : "\(bases - 1) degrees"
        return
            "Differences are paired by base; in brackets the 95 % interval of the paired t test over \(bases) bases "
            + "(Student's t, \(degrees) of freedom), p is that of the exact sign-flip test, two-sided"
            + (bases > SignFlipTest.mostDifferences
                ? ", and not computed above \(SignFlipTest.mostDifferences) bases."
                : String(format: " (at least %.3g with so many bases).", exp2(1 - Double(bases))))
    }

    /// A sentence for reports whose p are those of contrasts named beforehand: how the other intervals are made.
    ///
    /// - Parameter bases: their number, 2 or more.
    package static func exploratory(bases: Int) -> String {
        let degrees = bases == 2 ? "1 degree" : "\(bases - 1) degrees"
        return
            "Differences are paired by base; in brackets the 95 % interval of the paired t test over \(bases) bases (Student's t, "
            + "\(degrees) of freedom), not corrected for the number of intervals: they are exploratory, and have no p."
    }

    /// Words for the mean difference, its interval and p that claim no more than they support: better or worse is said only of a
    /// difference that is shown.
    ///
    /// - Parameters:
    ///   - what: what is compared, the start of the sentence.
    ///   - other: name of what is subtracted.
    ///   - format: writes a difference with its sign and unit.
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
        if let tooManyForP { return "\(shown), \(tooManyForP): it is not tested." }
        guard isShown else {
            return shown + String(format: ". p is not below %.2f: no difference is shown.", Statistics.significance)
        }
        return "\(shown): \(better), as far as \(differences.count) bases tell."
    }
}
