import Foundation
import Reports

/// The report of a flywheel: one HTML page, and its main table in Markdown.
package struct FlywheelReport {
    let results: FlywheelResults
    private var plan: FlywheelPlan { results.plan }

    package init(_ results: FlywheelResults) { self.results = results }

    package func write(to paths: FlywheelPaths) throws {
        for (path, text) in [(paths.page, html), (paths.table, markdown)] {
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw FlywheelError.fileFailed(path: path, reason: error.localizedDescription)
            }
        }
    }

    // MARK: - Values

    /// By base.
    func values(
        _ method: String, _ round: Int, _ phase: FlywheelModel.Phase, _ value: (ModelResult) -> Double?
    ) -> [UInt64: Double] {
        var found: [UInt64: Double] = [:]
        for result in results.models
        where result.model.method == method && result.model.round == round && result.model.phase == phase {
            found[result.model.seed] = value(result)
        }
        return found
    }

    /// The baseline runs once; every round is compared with it.
    func difference(
        _ method: String, _ round: Int, _ phase: FlywheelModel.Phase, _ value: (ModelResult) -> Double?
    ) -> PairedDifference {
        PairedDifference(
            values(method, round, phase, value), to: values(FlywheelMethod.baseline, 1, phase, value))
    }

    /// Methods of a round, the baseline only in the first.
    func methods(_ round: Int) -> [String] {
        plan.methods.map(\.name).filter { round == 1 || $0 != FlywheelMethod.baseline }
    }

    // MARK: - Markdown

    package var markdown: String {
        var text =
            "# Flywheel: \(plan.preset)\n\n\(setting)\n\nPrimary measure, written down before the run: \(plan.primaryMeasure).\n"
        for round in 1...plan.rounds { text += "\n## Round \(round)\n\n" + Self.markdown(overview(round)) }
        text += "\n## Post-training\n\n" + Self.markdown(postTraining)
        return text + "\n## What the numbers support\n\n" + conclusions.map { "- \($0)\n" }.joined()
    }

    private static func markdown(_ table: ReportTable) -> String {
        func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
        return line(table.head) + "|" + table.head.map { _ in "---|" }.joined() + "\n" + table.rows.map(line).joined()
    }

    var setting: String {
        let tokens = results.curves.compactMap { $0.points.last?.tokens }.max() ?? 0
        return "\(plan.seeds.count) independent base\(plan.seeds.count == 1 ? "" : "s") (seeds "
            + plan.seeds.map(String.init).joined(separator: ", ")
            + "): \(plan.pretraining.steps) pre-training and \(plan.midTraining.steps) mid-training steps of "
            + "\(plan.batchSequences) windows of \(plan.sequenceLength) tokens (\(tokens) tokens of mid-training), "
            + "\(plan.tuning.steps) steps of supervised tuning, \(plan.reinforcement.steps) of GRPO with "
            + "\(plan.reinforcement.promptsPerStep) prompts of \(plan.reinforcement.samplesPerPrompt) completions; "
            + "\(percent(plan.reasoningShare)) of the documents reasoning, \(percent(plan.wrongShare)) of those wrong. "
            + "Accuracy is greedy exact match on up to \(plan.evaluation.problems) held-out problems of each of "
            + "\(plan.families.count) families. Computed with \(results.kernelPaths.joined(separator: "; "))."
    }

    /// Mean and spread over bases, and paired differences with their intervals.
    func overview(_ round: Int) -> ReportTable {
        var table = ReportTable(
            head: [
                "method", "accuracy, %", "against ntp", "after post-training, %", "against ntp", "loss, reasoning",
                "against ntp", "loss, filler", "against ntp",
            ], numericColumns: Set(1...8))
        for method in methods(round) {
            func cells(
                _ phase: FlywheelModel.Phase, scale: Double, _ format: String,
                _ value: (ModelResult) -> Double?
            ) -> [String] {
                let own = values(method, round, phase, value).inOrder.map { $0 * scale }
                guard !own.isEmpty else { return ["", ""] }
                let spread = Statistics.deviation(own).map { String(format: " ± " + format, $0) } ?? ""
                let shown = String(format: format, Statistics.mean(own)) + spread
                guard method != FlywheelMethod.baseline else { return [shown, ""] }
                let difference = difference(method, round, phase) { value($0).map { $0 * scale } }
                return [shown, Self.signed(difference, format)]
            }
            table.rows.append(
                [method] + cells(.mid, scale: 100, "%.1f") { $0.meanAccuracy }
                    + cells(.reinforced, scale: 100, "%.1f") { $0.meanAccuracy }
                    + cells(.mid, scale: 1, "%.4f") { $0.loss["reasoning"] }
                    + cells(.mid, scale: 1, "%.4f") { $0.loss["filler"] })
        }
        return table
    }

    /// What tuning and reinforcement each did. The first line is the making of the first teacher.
    var postTraining: ReportTable {
        var table = ReportTable(
            head: [
                "method", "mid-trained, %", "tuned, %", "reinforced, %", "reinforced against tuned",
                "reward, first steps", "reward, last steps",
            ], numericColumns: Set(1...6))
        for round in 1...plan.rounds {
            for method in methods(round) where plan.isPostTrained(method) {
                let accuracies = FlywheelModel.Phase.allCases.map { phase in
                    values(method, round, phase) { 100 * $0.meanAccuracy }
                }
                let courses = results.rewards.filter { $0.model.method == method && $0.model.round == round }
                table.rows.append(
                    [plan.rounds > 1 ? "\(method), round \(round)" : method]
                        + accuracies.map { String(format: "%.1f", Statistics.mean($0.inOrder)) }
                        + [Self.signed(PairedDifference(accuracies[2], to: accuracies[1]), "%.1f")]
                        + [courses.map(\.first), courses.map(\.last)].map {
                            String(format: "%.3f", Statistics.mean($0))
                        })
            }
        }
        return table
    }

    private static func signed(_ difference: PairedDifference, _ format: String) -> String {
        guard !difference.differences.isEmpty else { return "" }
        let number = "%+" + format.dropFirst()
        let mean = String(format: number, difference.mean)
        guard let interval = difference.interval else { return mean }
        return mean + String(format: " (\(number) to \(number))", interval.lowerBound, interval.upperBound)
    }

    /// One sentence for the primary measure and each secondary one, of each method.
    var conclusions: [String] {
        let points = { (value: Double) in String(format: "%+.1f points", 100 * value) }
        let nats = { (value: Double) in String(format: "%+.4f nats", value) }
        let lines =
            (1...plan.rounds).flatMap { round in
                methods(round).filter { $0 != FlywheelMethod.baseline }.flatMap { method -> [String] in
                    let name = plan.rounds > 1 ? "\(method), round \(round)" : method
                    var lines = [
                        difference(method, round, .mid) { $0.meanAccuracy }.words(
                            "\(name), accuracy after mid-training", format: points, higherIsBetter: true),
                        difference(method, round, .mid) { $0.loss["reasoning"] }.words(
                            "\(name), held-out loss on reasoning", format: nats, higherIsBetter: false),
                    ]
                    if plan.isPostTrained(method) {
                        lines.append(
                            difference(method, round, .reinforced) { $0.meanAccuracy }.words(
                                "\(name), accuracy after the same post-training", format: points, higherIsBetter: true))
                    }
                    return lines
                }
            }
            + tokenSignal(points)
        guard plan.seeds.count > 2 else { return lines }
        return lines + [
            "These are \(lines.count) intervals of 95 %, not corrected for their number: without any difference "
                + String(format: "%.1f", Double(lines.count) / 20)
                + " of them would on average miss zero by chance, and resampling \(plan.seeds.count) bases makes intervals too narrow."
        ]
    }

    /// What the choice of tokens adds to the choice of domains.
    private func tokenSignal(_ points: (Double) -> String) -> [String] {
        let (name, control) = ("remit", "domain-matched")
        let phases: [(FlywheelModel.Phase, String)] = [(.mid, "mid-training"), (.reinforced, "the same post-training")]
        return (1...plan.rounds).flatMap { round in
            phases.compactMap { phase, what -> String? in
                let difference = PairedDifference(
                    values(name, round, phase) { $0.meanAccuracy },
                    to: values(control, round, phase) { $0.meanAccuracy })
                guard !difference.differences.isEmpty else { return nil }
                return difference.words(
                    "\(plan.rounds > 1 ? "\(name), round \(round)" : name), accuracy after \(what)", against: control,
                    format: points, higherIsBetter: true)
            }
        }
    }

    func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
}
