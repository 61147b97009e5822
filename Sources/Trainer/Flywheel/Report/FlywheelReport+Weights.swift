import Foundation
import Reports

extension FlywheelReport {
    /// Table of ReMiT's first weights by kind of token, mean over bases.
    var weights: ReportTable {
        var table = ReportTable(
            head: ["tokens", "number", "mean weight", "above 1, %"], numericColumns: Set(1...3))
        let names = Set(results.weightProfiles.flatMap { $0.kinds.map(\.name) }).sorted()
        for name in names {
            let kinds = results.weightProfiles.compactMap { profile in profile.kinds.first { $0.name == name } }
            let means = kinds.map(\.meanWeight)
            let spread = Statistics.deviation(means).map { String(format: " ± %.3f", $0) } ?? ""
            table.rows.append([
                name, "\(kinds.reduce(0) { $0 + $1.tokens })",
                String(format: "%.3f", Statistics.mean(means)) + spread,
                String(format: "%.0f", 100 * Statistics.mean(kinds.map(\.upWeightedShare))),
            ])
        }
        return table
    }

    /// How the table of weights is made.
    var weightProcedure: String {
        "Held-out documents packed as in training; the first teacher against the pre-trained base; mean over bases ± standard deviation."
    }
}
