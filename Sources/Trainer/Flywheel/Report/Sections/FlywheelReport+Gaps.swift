import Foundation
import Reports

extension FlywheelReport {
    /// Gains over the baseline as shares of the oracle's.
    var oracleGap: Section {
        gap(
            title: "Shares of the oracle's gap", of: FlywheelMethod.oracle,
            values(FlywheelMethod.oracle, 1, .mid) { 100 * $0.meanAccuracy },
            "The oracle is mid-trained without the problems that are wrong.")
    }

    /// Gains over the baseline as shares of the first teacher's.
    var teacherGap: Section {
        let teacher = values(FlywheelMethod.baseline, 1, .reinforced) { 100 * $0.meanAccuracy }
        return gap(
            title: "Shares of the teacher's gap", of: "the first teacher", teacher,
            String(
                format: "The first teacher, asked the same problems in the same form, answers %.1f %% of them right.",
                Statistics.mean(teacher.inOrder)))
    }

    /// (method - baseline) / (best - baseline), each a mean over bases.
    private func gap(title: String, of best: String, _ values: [UInt64: Double], _ what: String) -> Section {
        let baseline = self.values(FlywheelMethod.baseline, 1, .mid) { 100 * $0.meanAccuracy }
        let whole = PairedDifference(values, to: baseline)
        var table = ReportTable(
            head: ["method", "points above \(FlywheelMethod.baseline)", "share of the gap, %", "95 % interval"],
            numericColumns: Set(1...3))
        table.rows.append([best, Self.cell(whole, "%.1f"), "", ""])
        for method in others where method != best {
            let own = PairedDifference(self.values(method, 1, .mid) { 100 * $0.meanAccuracy }, to: baseline)
            guard own.differences.count == whole.differences.count, !own.differences.isEmpty else { continue }
            let share = RatioOfMeans(own.differences, over: whole.differences)
            table.rows.append(
                [method, Self.cell(own, "%.1f")]
                    + (share.interval.map { interval in
                        [
                            String(format: "%.0f", 100 * share.ratio),
                            String(format: "%.0f to %.0f", 100 * interval.lowerBound, 100 * interval.upperBound),
                        ]
                    } ?? ["not given", ""]))
        }
        return Section(
            title: title,
            explanation:
                "\(what) A share of the gap is (method - \(FlywheelMethod.baseline)) / (\(best) - \(FlywheelMethod.baseline)) in accuracy after "
                + "mid-training, the mean over bases of the one over that of the other; its interval is Fieller's, over the same bases. Where "
                + "the gap's own interval covers zero, or there are fewer than two bases, no share is given.",
            table: table)
    }
}
