import Annealing
import Reports

extension RunReport {
    private static let shownTokens = 12

    func addWeights(_ page: inout ReportPage) {
        page.heading("Token weights")
        for run in runs where run.hasWeights {
            let records = run.steps.filter { $0.weightHistogram != nil }
            guard let first = records.first?.weightHistogram else { continue }
            page.figure(
                HeatMap(
                    title: runs.count > 1 ? "Weights over time: \(run.name)" : "Weights over time",
                    yLabel:
                        "token weight; the shade is the share of the scored tokens in each of \(first.counts.count) bins",
                    xLabel: "step", range: first.low...first.high,
                    columns: records.map { record in
                        HeatMap.Column(
                            x: Double(record.step), counts: record.weightHistogram?.counts.map(Double.init) ?? [])
                    }, height: 240))
        }
        page.figures([
            chart(
                "Clipped high", "share of scored tokens cut at 1 + epsilon", including: [0],
                of: weighted(\.clippedHighShare)),
            chart(
                "Clipped low", "share of scored tokens cut at 1 - epsilon", including: [0],
                of: weighted(\.clippedLowShare)),
            chart("Up-weighted", "share of scored tokens with a weight above 1", of: weighted(\.upWeightedShare)),
            chart("Mean weight", "over the scored tokens", including: [1], of: weighted(\.meanWeight)),
        ])
    }

    /// Nothing for steps without weights.
    private func weighted(_ field: KeyPath<StepRecord, Double>) -> (StepRecord) -> Double {
        { $0.weightHistogram == nil ? .nan : $0[keyPath: field] }
    }

    func addTokens(_ page: inout ReportPage) {
        page.heading("Tokens that gained and lost most")
        page.paragraph(
            "The sum of weight - 1 over a token's occurrences: how much loss weight it gained, less what it lost. Added up over the tokens "
                + "that each step's log names, which are the extremes of that step at both ends.")
        for (style, run) in runs.enumerated() where run.hasWeights {
            let net = total(run.steps.flatMap { ($0.gainedTokens ?? []) + ($0.lostTokens ?? []) })
            let most = net.filter { $0.gain > 0 }.sorted { ($1.gain, $0.tokenID) < ($0.gain, $1.tokenID) }
            let least = net.filter { $0.gain < 0 }.sorted { ($0.gain, $0.tokenID) < ($1.gain, $1.tokenID) }
            let name = runs.count > 1 ? ": \(run.name)" : ""
            page.figures([bars("Gained most" + name, most, run, style), bars("Lost most" + name, least, run, style)])
        }
    }

    private func bars(_ title: String, _ tokens: [TokenGain], _ run: LoggedRun, _ style: Int) -> BarChart {
        let shown = tokens.prefix(Self.shownTokens)
        return BarChart(
            title: title, xLabel: "sum of (weight - 1), net", categories: shown.map { run.text($0.tokenID) },
            series: [BarChart.Series("", shown.map { BarChart.Value(Double($0.gain)) }, style: style)], format: "%.1f")
    }

    /// By token; equal gains by id.
    private func total(_ gains: [TokenGain]) -> [TokenGain] {
        var sums: [Int32: TokenGain] = [:]
        for gain in gains {
            var sum = sums[gain.tokenID] ?? TokenGain(tokenID: gain.tokenID, occurrences: 0, gain: 0)
            sum.occurrences += gain.occurrences
            sum.gain += gain.gain
            sums[gain.tokenID] = sum
        }
        return sums.values.sorted { $0.tokenID < $1.tokenID }
    }
}
