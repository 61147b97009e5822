import Annealing
import Formats
import Foundation
import Reports

extension RunReport {
    /// The losses of every run less those of the baseline at the same step: of runs that see the same tokens in the same order, most of the noise
    /// is gone. Of runs that see other tokens it is said that they do, and held-out losses on other corpora are not subtracted.
    func addDifferences(_ page: inout ReportPage) {
        guard let baseline, runs.count > 1 else { return }
        let base = runs[baseline]
        page.heading("Difference to \(base.name)")
        let comparisons = runs.map { RunComparison($0, to: base) }
        let others = runs.indices.filter { runs[$0].name != base.name }.map { comparisons[$0] }
        let isSaid = others.contains(where: \.hasSameSteps)
        page.paragraph(
            "The run's loss less that of \(base.name) at the same step"
                + (isSaid ? ": below 0 the run is better." : "."))
        for remark in others.flatMap(\.remarks) { page.paragraph(remark) }
        page.table(differences(to: base, comparisons))
        var figures = [
            difference("Next-token loss", to: baseline) { index in
                runs[index].steps.map { LineChart.Point(x: Double($0.step), y: $0.loss) }
            }
        ]
        if base.evaluations.count > 0, others.contains(where: \.hasSameHeldOut) {
            var heldOut = difference("Held-out loss", to: baseline) { index in
                guard comparisons[index].hasSameHeldOut else { return [] }
                return runs[index].evaluations.map { LineChart.Point(x: Double($0.step), y: $0.heldOutLoss) }
            }
            heldOut.smoothing = nil
            for index in heldOut.series.indices {
                heldOut.series[index].hasMarkers = heldOut.series[index].points.count < 60
            }
            figures.append(heldOut)
        }
        page.figures(figures)
    }

    private func difference(
        _ title: String, to baseline: Int, _ points: (_ run: Int) -> [LineChart.Point]
    ) -> LineChart {
        let base = Dictionary(points(baseline).map { ($0.x, $0.y) }) { $1 }
        return LineChart(
            title: "\(title) against \(runs[baseline].name)", yLabel: "nats per scored token", xLabel: "step",
            series: runs.enumerated().filter { $0.offset != baseline }.map { index, run in
                LineChart.Series(
                    run.name,
                    points(index).compactMap { point in
                        base[point.x].map { LineChart.Point(x: point.x, y: point.y - $0) }
                    }, style: index)
            }, smoothing: smoothing, reference: 0, isWhole: true)
    }

    private func differences(to base: LoggedRun, _ comparisons: [RunComparison]) -> ReportTable {
        var table = ReportTable(
            head: ["run", "steps in both", "loss, all of these", "last 10% of these", "held-out, at the end"],
            numericColumns: Set(1...4))
        let losses = Dictionary(base.steps.map { ($0.step, $0.loss) }) { $1 }
        for (run, comparison) in zip(runs, comparisons) where run.name != base.name {
            let found = run.steps.compactMap { step in losses[step.step].map { step.loss - $0 } }
            var heldOut: Double?
            if comparison.hasSameHeldOut, let last = run.evaluations.last {
                heldOut = base.evaluations.last { $0.step == last.step }.map { last.heldOutLoss - $0.heldOutLoss }
            }
            table.rows.append([
                run.name, "\(found.count)", Self.signed(found[...]),
                Self.signed(found.suffix(max(1, found.count / 10))),
                heldOut.map { Self.signed([$0]) } ?? "-",
            ])
        }
        return table
    }

    /// The mean.
    private static func signed(_ values: ArraySlice<Double>) -> String {
        values.isEmpty ? "-" : String(format: "%+.4f", values.reduce(0, +) / Double(values.count))
    }
}
