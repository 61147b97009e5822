import Foundation
import Reports

extension FlywheelReport {
    /// Gains over the baseline as shares of the oracle's.
    var oracleGap: Section {
        gap(
            title: "Shares of the oracle's gap", of: FlywheelMethod.oracle,
            "The oracle reads right problems again in place of those that are wrong."
        ) { pairs(FlywheelMethod.oracle, 1, $0) }
    }

    /// Gains over the baseline as shares of the first teacher's.
    var teacherGap: Section {
        let accuracy = values(FlywheelMethod.baseline, 1, .reinforced) { 100 * $0.meanAccuracy }
        return gap(
            title: "Shares of the teacher's gap", of: "the first teacher",
            String(
                format: "The first teacher, asked the same problems in the same form, answers %.1f %% of them right.",
                Statistics.mean(accuracy.inOrder))
        ) { measure in
            let before = values(FlywheelMethod.baseline, 1, .mid, measure.value)
            return PairedDifference.byBase(values(FlywheelMethod.baseline, 1, .reinforced, measure.value), to: before)
                .mapValues { $0 * measure.scale }
        }
    }

    /// (method - baseline) / (best - baseline), each a mean over bases, in accuracy and, where they were measured, in nats.
    ///
    /// - Parameter whole: best - baseline by base, in the measure's scale.
    private func gap(
        title: String, of best: String, _ what: String, whole: (Measure) -> [UInt64: Double]
    ) -> Section {
        let baseline = FlywheelMethod.baseline
        let isMethod = others.contains(best)
        var table = ReportTable(
            head: ["measure", "method", "against \(baseline)", "share of the gap, %", "95 % interval"]
                + (isMethod ? ["against \(best)"] : []), numericColumns: Set(2...4 + (isMethod ? 1 : 0)))
        for measure in Self.gapMeasures {
            let whole = whole(measure)
            guard !whole.isEmpty else { continue }
            table.rows.append(
                [measure.title, best, Self.cell(whole, measure.format), "", ""] + (isMethod ? [""] : []))
            for method in others where method != best {
                let own = pairs(method, 1, measure).filter { whole[$0.key] != nil }
                guard !own.isEmpty else { continue }
                let share = RatioOfMeans(own.inOrder, over: whole.filter { own[$0.key] != nil }.inOrder)
                table.rows.append(
                    [measure.title, method, Self.cell(own, measure.format)] + Self.cells(share)
                        + (isMethod ? [Self.cell(PairedDifference(own, to: whole), measure.format)] : []))
            }
        }
        let procedure =
            "\(what) A share of the gap is (method - \(baseline)) / (\(best) - \(baseline)) after mid-training, in points of accuracy and, apart, in "
            + "nats of the gold answer (of which fewer are better): the mean over bases of the one over that of the other, with Fieller's interval, "
            + "over the bases that have both. Where the gap's own interval covers zero, or there are fewer than two bases, no share is given. The two "
            + "measures need not agree: a greedy answer is right or wrong, nats are of the whole right completion."
        return Section(title: title, explanation: procedure, table: table)
    }

    private static let gapMeasures = [
        Measure(title: "accuracy, points", phase: .mid, scale: 100, format: "%.1f") { $0.meanAccuracy },
        Measure(title: "gold answer, nats", phase: .mid, format: "%.3f") { $0.goldNats },
    ]

    private static func cells(_ share: RatioOfMeans) -> [String] {
        guard let interval = share.interval else { return ["not given", ""] }
        // Plus zero: what rounds to none has no sign.
        let shown = { (share: Double) in String(format: "%.0f", (100 * share).rounded() + 0) }
        return [shown(share.ratio), "\(shown(interval.lowerBound)) to \(shown(interval.upperBound))"]
    }
}
