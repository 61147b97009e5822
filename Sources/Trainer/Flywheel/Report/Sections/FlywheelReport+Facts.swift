import Foundation
import Reports

extension FlywheelReport {
    /// Nats of the facts' values, by how often they were read, of each method and of the first teacher.
    var facts: Section {
        let books = FactBook.all(results.plan)
        let measures = books.map { book in
            Measure(title: "\(book.name), nats", phase: .mid, format: "%.3f") { $0.loss[book.name] }
        }
        let baseline = FlywheelMethod.baseline
        var table = ReportTable(
            head: ["model"] + measures.flatMap { [$0.title, "against \(baseline)"] },
            numericColumns: Set(1...max(1, 2 * measures.count)))
        for method in methods(1) {
            table.rows.append(
                [method]
                    + measures.flatMap { measure -> [String] in
                        let own = values(method, 1, .mid, measure.value)
                        guard !own.isEmpty else { return ["", ""] }
                        let mean = String(format: measure.format, Statistics.mean(own.inOrder))
                        return [mean, method == baseline ? "" : Self.cell(pairs(method, 1, measure), measure.format)]
                    })
        }
        table.rows.append(
            ["the first teacher"]
                + measures.flatMap { measure -> [String] in
                    let own = values(baseline, 1, .reinforced, measure.value)
                    let before = values(baseline, 1, .mid, measure.value)
                    guard !own.isEmpty else { return ["", ""] }
                    return [
                        String(format: measure.format, Statistics.mean(own.inOrder)),
                        Self.cell(PairedDifference(own, to: before), measure.format),
                    ]
                })
        let sizes = books.map { "\($0.name) \($0.count) facts, each read \($0.exposures) times" }
        return Section(
            title: "Facts",
            explanation:
                "Nats a token of what has to be known, given the sentence before it; lower is better. Retained facts are read in pre-training alone, "
                + "acquired ones in mid-training alone: \(sizes.joined(separator: "; ")). The first teacher is \(baseline) after tuning and "
                + "reinforcement, which have no facts: it is as good a source of them as its row. In brackets the 95 % intervals of the paired t "
                + "test over bases.",
            table: table)
    }
}
