import Annealing
import Formats
import Foundation
import Reports

/// The page that compares runs. One run has one colour throughout.
package struct RunReport {
    let runs: [LoggedRun]
    /// The run that the others are compared with; nil where there is none.
    let baseline: Int?
    /// Half-life, in steps, of the means that are drawn over lines; 0: none.
    let smoothing: Double
    private let version: String
    private let madeOn: Date

    /// - Parameters:
    ///   - baseline: the run that the others are compared with, by its place; nil: none.
    ///   - smoothing: half-life, in steps, of the means that are drawn over lines; 0: none.
    ///   - version: of the program, for the page's head.
    ///   - madeOn: date of the page, for its head.
    package init(
        _ runs: [LoggedRun], baseline: Int? = nil, smoothing: Double = 0, version: String, madeOn: Date
    ) {
        self.runs = runs
        self.baseline = baseline
        self.smoothing = smoothing
        self.version = version
        self.madeOn = madeOn
    }

    /// The whole page, which loads nothing.
    package var html: String {
        let date = madeOn.formatted(Date.ISO8601FormatStyle(dateSeparator: .dash, timeZone: .gmt).year().month().day())
        var page = ReportPage(
            title: runs.count == 1 ? "Run \(runs[0].name)" : "\(runs.count) runs compared",
            subtitle: "remit-trainer \(version), \(date)", smoothing: smoothing)
        page.table(summary)
        addLosses(&page)
        addDifferences(&page)
        if runs.contains(where: \.hasWeights) {
            addWeights(&page)
            addTokens(&page)
        }
        addSpeed(&page)
        addOptions(&page)
        return page.html
    }

    // MARK: The parts

    private var summary: ReportTable {
        var table = ReportTable(
            head: [
                "run", "weighting", "steps", "tokens", "loss, first 10%", "last 10%", "held-out, before", "after",
                "clipped",
                "above 1", "tokens/s", "waited",
            ], numericColumns: Set(2...11))
        for run in runs {
            let seconds = run.steps.reduce(0) { $0 + $1.stepSeconds }
            let tokens = run.steps.reduce(0) { $0 + $1.tokens }
            let waited = run.steps.reduce(0) { $0 + $1.waitSeconds }
            let part = max(1, run.steps.count / 10)
            table.rows.append([
                run.name, run.objective,
                "\(run.steps.last?.step ?? 0) of \(run.totalSteps)",
                Format.count(Double(tokens)), loss(run.steps.prefix(part)), loss(run.steps.suffix(part)),
                run.evaluations.first.map { Format.loss($0.heldOutLoss) } ?? "-",
                run.evaluations.count > 1 ? run.evaluations.last.map { Format.loss($0.heldOutLoss) } ?? "-" : "-",
                run.hasWeights ? Format.percent(share(run.steps) { $0.clippedShare }) : "-",
                run.hasWeights ? Format.percent(share(run.steps) { $0.upWeightedShare }) : "-",
                seconds > 0 ? Format.count(Double(tokens) / seconds) : "-",
                seconds > 0 ? Format.percent(waited / seconds) : "-",
            ])
        }
        return table
    }

    private func addLosses(_ page: inout ReportPage) {
        page.heading("Loss")
        let outages = runs.filter { $0.nextTokenSteps > 0 }
        if !outages.isEmpty {
            let counts = outages.map { "\($0.name): \($0.nextTokenSteps)" }.joined(separator: ", ")
            page.paragraph("Steps of plain next-token loss because no server answered: \(counts).")
        }
        var figures: [any Figure] = [chart("Next-token loss", "nats per scored token") { $0.loss }]
        if runs.contains(where: { !$0.evaluations.isEmpty }) {
            figures.append(
                LineChart(
                    title: "Held-out loss", yLabel: "nats per scored token", xLabel: "step",
                    series: series { run in
                        run.evaluations.map { LineChart.Point(x: Double($0.step), y: $0.heldOutLoss) }
                    }.map { series in
                        var series = series
                        series.hasMarkers = series.points.count < 60
                        return series
                    }, isWhole: true))
        }
        if runs.contains(where: \.isDistilled) {
            figures.append(
                LineChart(
                    title: divergenceTitle, yLabel: "nats per distilled token", xLabel: "step",
                    series: series { run in
                        run.steps.compactMap { step in
                            step.kdLoss.map { LineChart.Point(x: Double(step.step), y: $0) }
                        }
                    }, smoothing: smoothing, isWhole: true))
        }
        if runs.contains(where: \.hasWeights) {
            figures.append(chart("Weighted loss", "nats per scored token; what is minimized") { $0.weightedLoss })
        }
        page.figures(figures)
        addDomains(&page)
    }

    /// The divergence that all runs have which distil, by name.
    private var divergenceTitle: String {
        let all = Set(runs.compactMap { $0.description?.options.distillation.map { "\($0.divergence)" } })
        return all.count == 1 ? all.first ?? "" : "Divergence from the teacher"
    }

    /// The last held-out loss of each domain.
    private func addDomains(_ page: inout ReportPage) {
        let last = runs.map { $0.evaluations.last?.heldOutDomains ?? [] }
        let domains = Set(last.flatMap { $0.map(\.domain) }).sorted()
        guard domains.count > 1, domains.count <= 40 else { return }
        page.figures([
            BarChart(
                title: "Held-out loss by domain, at the end", xLabel: "nats per scored token", categories: domains,
                series: zip(runs, last).enumerated().map { style, pair in
                    BarChart.Series(
                        pair.0.name,
                        domains.map { domain in
                            pair.1.first { $0.domain == domain }.map { BarChart.Value($0.loss) }
                        }, style: style)
                })
        ])
    }

    private func addSpeed(_ page: inout ReportPage) {
        page.heading("Speed and optimizer")
        page.figures([
            chart("Speed", "tokens per second", including: [0]) { $0.tokensPerSecond },
            chart("Waiting for the teacher", "share of the step's time", including: [0]) {
                $0.stepSeconds > 0 ? $0.waitSeconds / $0.stepSeconds : .nan
            },
            chart("Gradient norm", "before clipping", including: [0]) { $0.gradNorm },
            chart("Learning rate", "", including: [0], isNoisy: false) { $0.learningRate },
        ])
    }

    private func addOptions(_ page: inout ReportPage) {
        let known = runs.compactMap { run in run.description.map { (run.name, $0.flat) } }
        guard !known.isEmpty else { return }
        page.heading("Options")
        let names = Set(known.flatMap { $0.1.map(\.name) }).sorted()
        var table = ReportTable(head: ["option"] + known.map(\.0))
        for name in names {
            let values = known.map { run in run.1.first { $0.name == name }?.value ?? "-" }
            if Set(values).count > 1 { table.emphasizedRows.insert(table.rows.count) }
            table.rows.append([name] + values)
        }
        page.table(table, caption: known.count > 1 ? "In bold where runs differ." : "")
    }

    // MARK: Helpers

    func chart(
        _ title: String, _ yLabel: String, including: [Double] = [], isNoisy: Bool = true,
        of value: (StepRecord) -> Double
    ) -> LineChart {
        LineChart(
            title: title, yLabel: yLabel, xLabel: "step",
            series: series { run in run.steps.map { LineChart.Point(x: Double($0.step), y: value($0)) } },
            including: including, smoothing: isNoisy ? smoothing : nil, isWhole: true)
    }

    /// One series a run, named where there are several.
    func series(_ points: (LoggedRun) -> [LineChart.Point]) -> [LineChart.Series] {
        runs.enumerated().map { index, run in
            LineChart.Series(runs.count > 1 ? run.name : "", points(run), style: index)
        }
    }

    func loss(_ steps: ArraySlice<StepRecord>) -> String {
        steps.isEmpty ? "-" : Format.loss(share(Array(steps)) { $0.loss })
    }

    /// A mean over the scored tokens.
    private func share(_ steps: [StepRecord], _ value: (StepRecord) -> Double) -> Double {
        let scored = steps.reduce(0) { $0 + $1.scoredTokens }
        return steps.reduce(0) { $0 + value($1) * Double($1.scoredTokens) } / Double(max(1, scored))
    }
}
