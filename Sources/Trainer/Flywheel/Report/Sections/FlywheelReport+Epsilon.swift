import Foundation
import Reports

extension FlywheelReport {
    /// Slope of accuracy over epsilon, the baseline at 0.
    var epsilonTrend: Section {
        let methods = results.plan.methods.compactMap { method in
            Self.epsilon(of: method).map { (name: method.name, epsilon: $0) }
        }
        let measures = measures.filter { $0.phase == .mid }
        var table = ReportTable(
            head: ["measure", "slope", "p", "bases"], numericColumns: Set(1...3))
        for measure in measures {
            let byEpsilon = methods.map { method in
                values(method.name, 1, measure.phase, measure.value).mapValues { $0 * measure.scale }
            }
            let slopes = Self.slopes(byEpsilon, at: methods.map(\.epsilon))
            let trend = PairedDifference(slopes, to: slopes.mapValues { _ in 0 })
            guard !slopes.isEmpty else { continue }
            table.rows.append([
                measure.title, Self.cell(trend, measure.format), trend.p.map { String(format: "%.3f", $0) } ?? "",
                "\(slopes.count)",
            ])
        }
        return Section(
            title: "Trend over epsilon",
            explanation:
                "The slope of the straight line through each base's numbers at epsilon "
                + methods.map { String(format: "%g", $0.epsilon) }.joined(separator: ", ")
                + " (0 is \(FlywheelMethod.baseline)), by least squares, mean over bases: what an epsilon of 1 more would change. In brackets the 95 % "
                + "interval of the t test over bases; p is that of the exact sign-flip test. The first line is the one test; the others are exploratory.",
            table: table)
    }

    /// The clip of a method that is remit with another epsilon; of the baseline 0.
    private static func epsilon(of method: FlywheelMethod) -> Double? {
        guard method.name != FlywheelMethod.baseline else { return 0 }
        guard let at = method.arguments.firstIndex(of: "--epsilon"), at + 1 < method.arguments.count else { return nil }
        return Double(method.arguments[at + 1])
    }
}
