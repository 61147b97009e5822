import Foundation
import Reports

extension FlywheelReport {
    /// Differences of accuracy to the baseline in points and in log-odds.
    var logOdds: Section {
        let measures = [
            Measure(title: "points", phase: .mid, scale: 100, format: "%.1f") { $0.meanAccuracy },
            Measure(title: "log-odds", phase: .mid, format: "%.3f") { Self.logOdds($0.meanAccuracy) },
        ]
        var table = ReportTable(
            head: ["method", "accuracy, %", "points against ntp", "log-odds against ntp"], numericColumns: Set(1...3))
        for method in methods(1) {
            let accuracy = values(method, 1, .mid) { 100 * $0.meanAccuracy }.inOrder
            guard !accuracy.isEmpty else { continue }
            table.rows.append(
                [method, String(format: "%.1f", Statistics.mean(accuracy))]
                    + measures.map {
                        method == FlywheelMethod.baseline ? "" : Self.cell(pairs(method, 1, $0), $0.format)
                    })
        }
        return Section(
            title: "In log-odds",
            explanation:
                "Models \(results.plan.model.width) wide and \(results.plan.model.layers) layers deep. Accuracy after mid-training, mean over families; log-odds are log(p / (1 - p)) of it, base by "
                + "base, so that effects at other accuracies can be set beside each other. In brackets the 95 % intervals of the paired t test over bases.",
            table: table)
    }

    /// log(p / (1 - p)); nil at 0 and 1, where it has no end.
    package static func logOdds(_ share: Double) -> Double? {
        share > 0 && share < 1 ? log(share / (1 - share)) : nil
    }
}
