import Foundation
import Reports

extension FlywheelReport {
    /// Share of mid-training after which a method first has the baseline's last accuracy, base by base.
    var tokensToAccuracy: Section {
        var table = ReportTable(
            head: ["method", "bases", "that reach it", "median, %", "lowest, %", "highest, %"],
            numericColumns: Set(1...5))
        for round in 1...results.plan.rounds {
            for method in methods(round) {
                let shares = shares(method, round)
                guard !shares.isEmpty else { continue }
                let sorted = shares.map { $0 ?? .infinity }.sorted()
                let shown = { (share: Double) in share.isFinite ? String(format: "%.0f", 100 * share) : "not reached" }
                table.rows.append(
                    [
                        results.plan.rounds > 1 ? "\(method), round \(round)" : method, "\(sorted.count)",
                        "\(sorted.count(where: \.isFinite))",
                    ] + [Self.median(sorted), sorted[0], sorted[sorted.count - 1]].map(shown))
            }
        }
        let evaluation = results.plan.evaluation
        return Section(
            title: "Tokens to the baseline's accuracy",
            explanation:
                "For each base the tokens of mid-training after which the method's accuracy first is that of \(FlywheelMethod.baseline) of the same "
                + "round at its end, over all tokens of that. Accuracy is asked after each of \(evaluation.parts) equal parts "
                + "(\(evaluation.problemsOnTheWay) problems of each family before the end, \(evaluation.problems) at it), and taken to lie on straight "
                + "lines between; at the first part a share is the highest that it can be. A base that does not reach it counts as later than all "
                + "others in the median. The learning rate falls to the end in every run: a run that ended earlier would have fallen earlier. "
                + "\(FlywheelMethod.baseline) itself can have its last accuracy before its end by chance; what is below its row is saved.",
            table: table)
    }

    /// One share a base; nil where the base does not reach it.
    private func shares(_ method: String, _ round: Int) -> [Double?] {
        func curves(_ name: String, _ round: Int) -> [UInt64: LossCurve] {
            let own = results.curves.filter { $0.model.method == name && $0.model.round == round && $0.asked.count > 1 }
            return Dictionary(own.map { ($0.model.seed, $0) }) { first, _ in first }
        }
        let baselines = curves(FlywheelMethod.baseline, results.plan.baselineRound(round))
        return curves(method, round).sorted { $0.key < $1.key }.compactMap { seed, curve -> Double?? in
            guard let goal = baselines[seed]?.asked.last, goal.tokens > 0 else { return nil }
            return .some(FirstReach.tokens(of: goal.accuracy, on: curve.asked).map { $0 / Double(goal.tokens) })
        }
    }

    /// The value in the middle of ascending ones, or between the two in the middle.
    private static func median(_ sorted: [Double]) -> Double {
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
