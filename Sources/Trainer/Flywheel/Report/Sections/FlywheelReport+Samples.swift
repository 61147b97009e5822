import Foundation
import Reports

extension FlywheelReport {
    /// What several samples of reinforced models give, and how many of them differ.
    var samples: Section {
        let count = results.plan.evaluation.samples ?? 0
        let measures = [
            Measure(title: "greedy, %", phase: .reinforced, scale: 100, format: "%.1f") { $0.meanAccuracy },
            Measure(title: "pass@\(count), %", phase: .reinforced, scale: 100, format: "%.1f") { $0.passAtK },
            Measure(title: "distinct, %", phase: .reinforced, scale: 100, format: "%.1f") { $0.distinctShare },
        ]
        var table = ReportTable(
            head: ["method"] + measures.flatMap { [$0.title, "against \(FlywheelMethod.baseline)"] },
            numericColumns: Set(1...6))
        for round in 1...results.plan.rounds {
            for method in methods(round) where results.plan.isPostTrained(method) {
                table.rows.append(
                    [results.plan.rounds > 1 ? "\(method), round \(round)" : method]
                        + measures.flatMap { measure -> [String] in
                            let own = values(method, round, .reinforced, measure.value)
                            guard !own.isEmpty else { return ["", ""] }
                            let mean = String(format: measure.format, 100 * Statistics.mean(own.inOrder))
                            guard method != FlywheelMethod.baseline else { return [mean, ""] }
                            return [mean, Self.cell(pairs(method, round, measure), measure.format)]
                        })
            }
        }
        return Section(
            title: "Samples after reinforcement",
            explanation:
                "\(count) completions of each held-out problem, drawn at temperature 1. pass@\(count) is the share of problems of which one is right; "
                + "distinct is the share of a problem's completions that are different texts. Mean over problems, families and bases; in brackets "
                + "the 95 % intervals of the paired t test over bases.",
            table: table)
    }
}
