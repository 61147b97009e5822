import Foundation
import Reports

extension FlywheelReport {
    /// Differences to the baseline by family, and of the mean without each family, after mid-training and after post-training.
    func familyDifferences(_ round: Int) -> ReportTable {
        let families = results.plan.families
        // Of two families the mean without one is the other.
        let without = families.count > 2 ? families : []
        var table = ReportTable(
            head: ["after", "method"] + families + without.map { "without \($0)" },
            numericColumns: Set(2...families.count + without.count + 1))
        for (phase, title) in [(FlywheelModel.Phase.mid, "mid-training"), (.reinforced, "post-training")] {
            let measures =
                families.map { family in Self.measure(phase) { $0.accuracy[family] } }
                + without.map { left in
                    Self.measure(phase) { Self.mean($0.accuracy, of: families.filter { $0 != left }) }
                }
            for method in methods(round) where !values(method, round, phase, { $0.meanAccuracy }).isEmpty {
                table.rows.append(
                    [title, method]
                        + measures.map { measure in
                            guard method == FlywheelMethod.baseline else {
                                return Self.cell(pairs(method, round, measure), "%.2f")
                            }
                            let own = values(method, round, phase, measure.value).inOrder
                            return own.isEmpty ? "" : String(format: "%.1f", 100 * Statistics.mean(own))
                        })
            }
        }
        return table
    }

    /// How the table of families is made.
    var familyProcedure: String {
        "Accuracy of \(FlywheelMethod.baseline) by family in per cent, and the others' differences to it in points, exploratory: in brackets the 95 % "
            + "intervals of the paired t test over bases, each for itself."
            + (results.plan.families.count > 2 ? " \"Without\" is the mean over the other families." : "")
    }

    private static func measure(
        _ phase: FlywheelModel.Phase, _ value: @escaping @Sendable (ModelResult) -> Double?
    ) -> Measure {
        Measure(title: "", phase: phase, scale: 100, format: "%.2f", value: value)
    }

    /// Mean over families; nil where one is missing.
    private static func mean(_ accuracy: [String: Double], of families: [String]) -> Double? {
        let own = families.compactMap { accuracy[$0] }
        return own.count == families.count ? Statistics.mean(own) : nil
    }
}
