import Foundation
import Reports

extension FlywheelReport {
    /// The whole report as one HTML page that loads nothing: settings, tables and figures of each round, post-training, weights,
    /// conclusions, cost.
    package var html: String {
        let plan = results.plan
        var page = ReportPage(title: "Flywheel: \(plan.preset)", subtitle: setting)
        page.heading("What was compared")
        page.paragraph("Primary measure, written down in plan.json before the run: \(plan.primaryMeasure).")
        page.paragraph(tokens)
        page.table(
            ReportTable(
                head: ["method", "teacher", "what it does", "remit-trainer anneal ..."],
                rows: plan.methods.map {
                    [$0.name, $0.teacher.rawValue, $0.description, $0.arguments.joined(separator: " ")]
                }))
        if namesContrasts {
            page.heading("Contrasts named beforehand")
            page.table(contrastTable, caption: contrastProcedure)
            for line in power { page.paragraph(line) }
        }
        for round in 1...plan.rounds { add(round, to: &page) }
        page.heading("Post-training")
        page.table(
            postTraining,
            caption:
                "Accuracy on held-out problems, mean over bases. The reward is the share of right answers among completions drawn "
                + "for training problems, over the first and the last tenth of the steps. \(procedure)")
        if let worseTeacher { page.paragraph(worseTeacher) }
        for section in sections {
            page.heading(section.title)
            page.table(section.table, caption: section.explanation)
        }
        page.heading("What ReMiT's weights fall on")
        page.table(
            weights,
            caption: weightProcedure)
        page.heading("What the numbers support")
        for line in conclusions { page.paragraph(line) }
        page.heading("Cost")
        page.table(cost, caption: "Seconds over all bases; a step's time includes what it waited for the teacher.")
        if let origins { page.table(origins, caption: "What the bases were computed by.") }
        return page.html
    }

    private func add(_ round: Int, to page: inout ReportPage) {
        let plan = results.plan
        page.heading(plan.rounds > 1 ? "Round \(round)" : "Results")
        let overview = overview(round)
        page.table(
            Self.columns([0, 1, 2, 3, 4], of: overview),
            caption: procedure)
        page.table(
            Self.columns([0] + Array(5..<overview.head.count), of: overview),
            caption: "Held-out loss after mid-training, nats a token"
                + (overview.head.count > 9 ? "; nats of the right completion given its prompt, mean over problems" : "")
                + ". \(procedure)")
        page.figure(
            BarChart(
                title: "Accuracy against ntp, points",
                xLabel: plan.seeds.count > 1 ? "lines: 95 % interval of the paired t test over bases" : "",
                categories: methods(round).filter { $0 != FlywheelMethod.baseline },
                series: FlywheelModel.Phase.allCases.filter { $0 != .tuned }.map { phase in
                    BarChart.Series(
                        phase == .mid ? "after mid-training" : "after post-training",
                        methods(round).filter { $0 != FlywheelMethod.baseline }.map { method in
                            let difference = difference(method, round, phase) { 100 * $0.meanAccuracy }
                            guard !difference.differences.isEmpty else { return nil }
                            return .init(difference.mean, interval: difference.interval)
                        })
                }, format: "%+.1f"))
        page.subheading("By family, after mid-training, %")
        page.table(families(round, .mid))
        page.subheading("By family, after post-training, %")
        page.table(families(round, .reinforced))
        if isExploratory {
            page.subheading("Differences by family")
            page.table(familyDifferences(round), caption: familyProcedure)
        }
        page.figures(
            ["reasoning", "filler"].map { domain in
                chart(round, "Held-out loss on \(domain)", "nats a token") { lossCurve($0, $1, domain) }
            } + [chart(round, "Accuracy on the way", "%", accuracyCurve)])
        page.paragraph(
            earlier(
                round, than: "a held-out loss on reasoning", format: "%.4f", isAsGood: { $0 <= $1 }
            ) { lossCurve($0, $1, "reasoning") })
        page.paragraph(
            earlier(round, than: "an accuracy (%)", format: "%.1f", isAsGood: { $0 >= $1 }, accuracyCurve)
                + " On the way \(plan.evaluation.problemsOnTheWay) problems of each family are asked, at the end "
                + "\(plan.evaluation.problems).")
    }

    private static func columns(_ wanted: [Int], of table: ReportTable) -> ReportTable {
        ReportTable(
            head: wanted.map { table.head[$0] }, rows: table.rows.map { row in wanted.map { row[$0] } },
            numericColumns: Set(1..<wanted.count))
    }

    private func families(_ round: Int, _ phase: FlywheelModel.Phase) -> ReportTable {
        let plan = results.plan
        var table = ReportTable(
            head: ["method"] + plan.families + ["mean"], numericColumns: Set(1...plan.families.count + 1))
        for method in methods(round) {
            let columns = plan.families.map { family in values(method, round, phase) { $0.accuracy[family] } }
            let mean = values(method, round, phase) { $0.meanAccuracy }
            guard !mean.isEmpty else { continue }
            table.rows.append(
                [method] + (columns + [mean]).map { String(format: "%.1f", 100 * Statistics.mean($0.inOrder)) })
        }
        return table
    }

    /// Against tokens, mean over bases. A curve's points: of a method in a round.
    private func chart(
        _ round: Int, _ title: String, _ yLabel: String, _ curve: (String, Int) -> [LineChart.Point]
    ) -> LineChart {
        LineChart(
            title: title, yLabel: yLabel, xLabel: "tokens of mid-training",
            series: results.plan.methods.enumerated().compactMap { style, method in
                let points = curve(
                    method.name, method.name == FlywheelMethod.baseline ? results.plan.baselineRound(round) : round)
                return points.isEmpty ? nil : LineChart.Series(method.name, points, style: style)
            })
    }

    private func lossCurve(_ method: String, _ round: Int, _ domain: String) -> [LineChart.Point] {
        mean(method, round) { curve in
            curve.points.compactMap { point in
                point.loss[domain].map { LineChart.Point(x: Double(point.tokens), y: $0) }
            }
        }
    }

    private func accuracyCurve(_ method: String, _ round: Int) -> [LineChart.Point] {
        mean(method, round) { $0.asked.map { LineChart.Point(x: Double($0.tokens), y: 100 * $0.accuracy) } }
    }

    /// Point by point over bases.
    private func mean(
        _ method: String, _ round: Int, _ points: (LossCurve) -> [LineChart.Point]
    ) -> [LineChart.Point] {
        let own = results.curves.filter { $0.model.method == method && $0.model.round == round }.map(points)
        let count = own.map(\.count).min() ?? 0
        return (0..<count).map { index in
            LineChart.Point(
                x: Statistics.mean(own.map { $0[index].x }), y: Statistics.mean(own.map { $0[index].y }))
        }
    }

    /// Where a method's curve first is as good as the baseline's last point.
    private func earlier(
        _ round: Int, than what: String, format: String, isAsGood: (Double, Double) -> Bool,
        _ curve: (String, Int) -> [LineChart.Point]
    ) -> String {
        guard let goal = curve(FlywheelMethod.baseline, results.plan.baselineRound(round)).last else { return "" }
        let reached = methods(round).filter { $0 != FlywheelMethod.baseline }.map { method -> String in
            guard let point = curve(method, round).first(where: { isAsGood($0.y, goal.y) }) else {
                return "\(method) does not reach it"
            }
            return String(format: "\(method) with %.0f %% of them", 100 * point.x / goal.x)
        }
        return "ntp ends at \(what) of " + String(format: format + " after %.0f tokens; ", goal.y, goal.x)
            + "at the measured points, " + reached.joined(separator: ", ") + "."
    }

    private var cost: ReportTable {
        var table = ReportTable(
            head: ["method", "steps, s", "waiting for the teacher, s", "clipped", "mean weight"],
            numericColumns: Set(1...4))
        for method in results.plan.methods {
            let own = results.curves.filter { $0.model.method == method.name }
            guard !own.isEmpty else { continue }
            table.rows.append([
                method.name, String(format: "%.1f", own.reduce(0) { $0 + $1.stepSeconds }),
                String(format: "%.1f", own.reduce(0) { $0 + $1.waitSeconds }),
                percent(Statistics.mean(own.map(\.clippedShare))),
                String(format: "%.3f", Statistics.mean(own.map(\.meanWeight))),
            ])
        }
        let servers = results.teacherCosts.map(\.cpuSeconds)
        if !servers.isEmpty {
            table.rows.append([
                "remit-server (\(servers.count), CPU)", String(format: "%.1f", servers.reduce(0, +)), "", "", "",
            ])
        }
        return table
    }
}
