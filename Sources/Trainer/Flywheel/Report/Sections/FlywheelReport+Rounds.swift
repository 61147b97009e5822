import Foundation
import Reports

extension FlywheelReport {
    /// Differences to the baseline round by round, and the slope of each base's over rounds.
    var roundTrends: Section {
        let rounds = Array(1...results.plan.rounds)
        var table = ReportTable(
            head: ["measure", "contrast"] + rounds.map { "round \($0)" } + ["a round more"],
            numericColumns: Set(2...rounds.count + 2))
        for measure in measures {
            for method in others {
                let byRound = rounds.map { round in pairs(method, round, measure) }
                guard byRound.contains(where: { !$0.isEmpty }) else { continue }
                table.rows.append(
                    [measure.title, "\(method) - \(FlywheelMethod.baseline)"]
                        + byRound.map { Self.cell($0, measure.format) }
                        + [Self.cell(Self.slopes(byRound, at: rounds.map(Double.init)), measure.format)])
            }
        }
        let plain =
            results.plan.repeatsBaseline == true
            ? "Each round anneals the same pre-trained base by every method, on the same documents in an order that is the round's own, and "
                + "post-trains all alike. In rounds from the second on the teacher is the post-trained \(results.plan.nextTeacher) of the round "
                + "before; \(FlywheelMethod.baseline) has none, and differs between rounds by the order alone."
            : "Every round is compared with the \(FlywheelMethod.baseline) of round 1."
        return Section(
            title: "Over the rounds",
            explanation:
                "\(plain) The last column is the slope of the straight line through each base's differences (least squares), mean over bases: a loop "
                + "that feeds itself has one that favours the method. In brackets the 95 % intervals of the paired t test over bases.",
            table: table)
    }

    /// Difference to the baseline by base, in the measure's scale.
    func pairs(_ method: String, _ round: Int, _ measure: Measure) -> [UInt64: Double] {
        let other = values(
            FlywheelMethod.baseline, results.plan.baselineRound(round), measure.phase, measure.value)
        return PairedDifference.byBase(values(method, round, measure.phase, measure.value), to: other)
            .mapValues { $0 * measure.scale }
    }

    /// Slope of each base's values over the places, for the bases that have a value at all of them.
    static func slopes(_ values: [[UInt64: Double]], at places: [Double]) -> [UInt64: Double] {
        var found: [UInt64: Double] = [:]
        for seed in values.first?.keys.sorted() ?? [] {
            let own = values.compactMap { $0[seed] }
            if own.count == places.count { found[seed] = LinearTrend.slope(x: places, y: own) }
        }
        return found
    }
}
