import Foundation
import Reports

extension FlywheelReport {
    /// Slope of accuracy over epsilon, the baseline at 0. The first measure's is tested, where all is there that was planned.
    var epsilonTrend: Section {
        let untested = untestedTrend
        let isTested = untested == nil
        var table = ReportTable(
            head: ["measure", "slope"] + (isTested ? ["p"] : []) + ["bases"],
            numericColumns: Set(1...(isTested ? 3 : 2)))
        for (index, measure) in trendMeasures.enumerated() {
            let slopes = epsilonSlopes(measure)
            guard !slopes.isEmpty else { continue }
            let p =
                index == 0
                ? PairedDifference(slopes, to: slopes.mapValues { _ in 0 }).p.map { String(format: "%.3f", $0) } : nil
            table.rows.append(
                [measure.title, Self.cell(slopes, measure.format)] + (isTested ? [p ?? ""] : []) + ["\(slopes.count)"])
        }
        return Section(
            title: "Trend over epsilon",
            explanation:
                "The slope of the straight line through each base's numbers at epsilon "
                + epsilonMethods.map { String(format: "%g", $0.epsilon) }.joined(separator: ", ")
                + " (0 is \(FlywheelMethod.baseline)), by least squares, mean over bases: what an epsilon of 1 more would change. In brackets the 95 % "
                + "interval of the t test over bases"
                + (untested.map { ". \($0) All lines are exploratory, and have no p." }
                    ?? "; p is that of the exact sign-flip test. The first line is the one test; the others are exploratory, and have no p."),
            table: table)
    }

    /// Sentences on the trend over epsilon, for a plan that names it; none for others.
    var trendConclusions: [String] {
        guard results.plan.sections?.contains(.epsilon) == true else { return [] }
        if let untestedTrend { return ["The trend over epsilon: \(untestedTrend)"] }
        let slopes = epsilonSlopes(trendMeasures[0])
        let trend = PairedDifference(slopes, to: slopes.mapValues { _ in 0 })
        guard let interval = trend.interval, let p = trend.p else { return [] }
        let numbers = [trend.mean, interval.lowerBound, interval.upperBound].map { String(format: "%+.1f", $0) }
        return [
            "The trend over epsilon, the one test: \(numbers[0]) points of accuracy after mid-training for an epsilon of 1 more, over "
                + "\(trend.differences.count) bases (95 % interval of the t test \(numbers[1]) to \(numbers[2]), sign-flip p "
                + String(format: "%.3f). ", p) + (trend.isShown ? "A trend is shown." : "No trend is shown.")
        ]
    }

    /// Why the trend is not tested, in a sentence; nil where it is: over the planned epsilons and bases, all of them and no others.
    private var untestedTrend: String? {
        let plan = results.plan
        guard plan.hasPlannedEpsilons else {
            return "Its methods are others than those of the preset \(plan.preset), whose one test is not made."
        }
        guard !plan.isWhole(epsilonSlopes(trendMeasures[0]).keys) else { return nil }
        let (planned, others) = plan.presentSeeds
        let numbers =
            planned.count == plan.plannedBases && others.isEmpty
            ? ", but not each with the accuracy at every epsilon" : ""
        return "\(presentBases)\(numbers): this is an interim report, and nothing is tested."
    }

    /// The measures of mid-trained models, accuracy first.
    private var trendMeasures: [Measure] { measures.filter { $0.phase == .mid } }

    private var epsilonMethods: [(name: String, epsilon: Double)] {
        results.plan.methods.compactMap { method in method.epsilon.map { (method.name, $0) } }
    }

    /// Slopes of a measure over epsilon by base, of the bases that have a number at each.
    private func epsilonSlopes(_ measure: Measure) -> [UInt64: Double] {
        let byEpsilon = epsilonMethods.map { method in
            values(method.name, 1, measure.phase, measure.value).mapValues { $0 * measure.scale }
        }
        return Self.slopes(byEpsilon, at: epsilonMethods.map(\.epsilon))
    }
}
