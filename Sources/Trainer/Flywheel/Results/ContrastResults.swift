import Reports

/// The comparisons that a plan named beforehand, tested together under Holm's correction.
package struct ContrastResults: Sendable {
    /// One of them.
    package struct Tested: Sendable {
        /// What was named.
        package let contrast: FlywheelContrast
        /// Differences over the bases that there are, in points of accuracy or in nats.
        package let difference: PairedDifference
        /// Whether all the planned bases, and no others, have both numbers.
        package let isComplete: Bool
        /// p of the sign-flip test; nil where there is none.
        package let p: Double?
        /// p of the sign-flip test after Holm's correction; nil where a contrast of the plan has none.
        package let adjustedP: Double?
    }

    /// Contrasts in the plan's order.
    package let tested: [Tested]
    /// Whether every planned base is there, and no other, with both numbers of each contrast. With fewer the report is an interim one: whoever
    /// looks often, and stops when something is seen, sees something by chance. With others it is one of another study.
    package var isComplete: Bool { tested.allSatisfy(\.isComplete) }

    /// - Parameter results: numbers of all models, and the plan that named what to compare.
    package init(_ results: FlywheelResults) {
        let plan = results.plan
        let contrasts = plan.contrasts ?? []
        let values = contrasts.map { contrast in
            (Self.values(contrast, contrast.method, results), Self.values(contrast, contrast.other, results))
        }
        let differences = values.map { PairedDifference($0, to: $1) }
        let ps = differences.map(\.p)
        let known = ps.compactMap(\.self)
        let adjusted = known.count == ps.count ? HolmCorrection.adjusted(known) : nil
        tested = contrasts.indices.map { index in
            Tested(
                contrast: contrasts[index], difference: differences[index],
                isComplete: plan.isWhole(PairedDifference.byBase(values[index].0, to: values[index].1).keys),
                p: ps[index], adjustedP: adjusted?[index])
        }
    }

    /// Points of accuracy or nats of a method's models, by base.
    private static func values(
        _ contrast: FlywheelContrast, _ method: String, _ results: FlywheelResults
    ) -> [UInt64: Double] {
        results.values(method, 1, contrast.measure.phase) { result -> Double? in
            switch contrast.measure {
            case .accuracy, .postTrainedAccuracy: 100 * result.meanAccuracy
            case .goldNats: result.goldNats
            }
        }
    }

    /// Whether a contrast tells its methods apart: the planned bases are there, the interval leaves zero out, and the corrected p is
    /// below 0.05.
    package func isShown(_ tested: Tested) -> Bool {
        guard tested.isComplete, let interval = tested.difference.interval, let p = tested.adjustedP else {
            return false
        }
        return !interval.contains(0) && p < Statistics.significance
    }
}
