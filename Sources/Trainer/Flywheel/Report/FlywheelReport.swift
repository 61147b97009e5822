import Foundation
import Reports

/// The report of a flywheel: one HTML page, and its main tables in Markdown.
package struct FlywheelReport {
    let results: FlywheelResults
    /// Tested once: with many bases a p takes a moment.
    let contrasts: ContrastResults
    private var plan: FlywheelPlan { results.plan }

    package init(_ results: FlywheelResults) {
        self.results = results
        contrasts = ContrastResults(results)
    }

    /// Writes the HTML page and the Markdown, each whole or not at all.
    ///
    /// - Throws: `FlywheelError.fileFailed`.
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

    /// `FlywheelResults.values`.
    func values(
        _ method: String, _ round: Int, _ phase: FlywheelModel.Phase, _ value: (ModelResult) -> Double?
    ) -> [UInt64: Double] {
        results.values(method, round, phase, value)
    }

    /// Paired difference of a method's models to the baseline's, of the same round where the plan repeats it, else of round 1.
    func difference(
        _ method: String, _ round: Int, _ phase: FlywheelModel.Phase, _ value: (ModelResult) -> Double?
    ) -> PairedDifference {
        PairedDifference(
            values(method, round, phase, value),
            to: values(FlywheelMethod.baseline, plan.baselineRound(round), phase, value))
    }

    /// Names of the methods of a round.
    func methods(_ round: Int) -> [String] { plan.methods(ofRound: round).map(\.name) }

    // MARK: - Markdown

    /// Setting, overview of each round, post-training and conclusions in Markdown, without figures.
    package var markdown: String {
        var text =
            "# Flywheel: \(plan.preset)\n\n\(setting)\n\nPrimary measure, written down before the run: \(plan.primaryMeasure).\n"
        if !tokens.isEmpty { text += "\n\(tokens)\n" }
        if namesContrasts {
            text += "\n## Contrasts named beforehand\n\n\(contrastProcedure)\n\n" + Self.markdown(contrastTable)
            text += "\n" + power.map { "\($0)\n\n" }.joined() + "## Exploratory\n"
        }
        text += "\n\(procedure)\n"
        for round in 1...plan.rounds {
            text += "\n## Round \(round)\n\n" + Self.markdown(overview(round))
            if isExploratory {
                text += "\n### By family\n\n\(familyProcedure)\n\n" + Self.markdown(familyDifferences(round))
            }
        }
        text += "\n## Post-training\n\n" + Self.markdown(postTraining)
        if let worseTeacher { text += "\n\(worseTeacher)\n" }
        for section in sections {
            text += "\n## \(section.title)\n\n\(section.explanation)\n\n" + Self.markdown(section.table)
        }
        if !results.weightProfiles.isEmpty {
            text += "\n## What ReMiT's weights fall on\n\n\(weightProcedure)\n\n" + Self.markdown(weights)
        }
        text += "\n## What the numbers support\n\n" + conclusions.map { "- \($0)\n" }.joined()
        guard let origins else { return text }
        return text + "\n## Computed by\n\n" + Self.markdown(origins)
    }

    private static func markdown(_ table: ReportTable) -> String {
        func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
        return line(table.head) + "|" + table.head.map { _ in "---|" }.joined() + "\n" + table.rows.map(line).joined()
    }

    /// Sentences that say what stands behind a mean, and how intervals are made.
    var procedure: String {
        let spread = "Behind a mean over bases stands their standard deviation (±)."
        guard plan.seeds.count > 1 else { return "One base: there is no spread, and no interval." }
        guard !isExploratory else { return "\(spread) \(PairedDifference.exploratory(bases: plan.seeds.count))" }
        return "\(spread) \(PairedDifference.procedure(bases: plan.seeds.count))"
    }

    /// Whether contrasts were named beforehand, so that all else is exploratory: intervals without p.
    var isExploratory: Bool { plan.contrasts != nil }

    /// Whether there are such contrasts; a study may be exploratory as a whole.
    var namesContrasts: Bool { plan.contrasts?.isEmpty == false }

    private var bases: String {
        let count = plan.seeds.count
        guard let planned = plan.plannedBases else {
            return "\(count) independent base\(count == 1 ? "" : "s") (seeds "
                + plan.seeds.map(String.init).joined(separator: ", ") + ")"
        }
        let (present, others) = plan.presentSeeds
        let unplanned = others.isEmpty ? "" : ", \(others.count) that were not planned"
        return
            "\(present.count) of \(planned) planned independent bases\(unplanned) (seeds \(Self.ranges(plan.seeds)))"
    }

    var setting: String {
        let baseline = results.curves.filter { $0.model.method == FlywheelMethod.baseline }
        let tokens = baseline.compactMap { $0.points.last?.tokens }.max() ?? 0
        return bases
            + ": \(plan.pretraining.steps) pre-training and \(plan.midTraining.steps) mid-training steps of "
            + "\(plan.batchSequences) windows of \(plan.sequenceLength) tokens (\(tokens) tokens of mid-training), "
            + "\(plan.tuning.steps) steps of supervised tuning, \(plan.reinforcement.steps) of GRPO with "
            + "\(plan.reinforcement.promptsPerStep) prompts of \(plan.reinforcement.samplesPerPrompt) completions; "
            + "\(percent(plan.reasoningShare)) of the documents reasoning, \(percent(plan.wrongShare)) of those wrong. "
            + "Accuracy is greedy exact match on up to \(plan.evaluation.problems) held-out problems of each of "
            + "\(plan.families.count) families. Computed with \(results.kernelPaths.joined(separator: "; "))."
    }

    /// A column of the overview: a number of each model, and its difference to the baseline's.
    struct Measure: Sendable {
        let title: String
        let phase: FlywheelModel.Phase
        var scale = 1.0
        let format: String
        let value: @Sendable (ModelResult) -> Double?
    }

    static let measures = [
        Measure(title: "accuracy, %", phase: .mid, scale: 100, format: "%.1f") { $0.meanAccuracy },
        Measure(title: "after post-training, %", phase: .reinforced, scale: 100, format: "%.1f") { $0.meanAccuracy },
        Measure(title: "loss, reasoning", phase: .mid, format: "%.4f") { $0.loss["reasoning"] },
        Measure(title: "loss, filler", phase: .mid, format: "%.4f") { $0.loss["filler"] },
    ]

    /// The measures of the report's tables; nats of the gold answer only where they were measured.
    var measures: [Measure] {
        guard results.models.contains(where: { $0.goldNats != nil }) else { return Self.measures }
        return Self.measures + [Measure(title: "gold answer, nats", phase: .mid, format: "%.3f") { $0.goldNats }]
    }

    /// Table of a round: for each method and measure the mean and spread over bases, and the paired difference with its interval.
    func overview(_ round: Int) -> ReportTable {
        var table = ReportTable(
            head: ["method"] + measures.flatMap { [$0.title, "against ntp"] },
            numericColumns: Set(1...2 * measures.count))
        for method in methods(round) {
            table.rows.append([method] + measures.flatMap { cells(method, round, $0) })
        }
        return table
    }

    private func cells(_ method: String, _ round: Int, _ measure: Measure) -> [String] {
        let own = values(method, round, measure.phase, measure.value).inOrder.map { $0 * measure.scale }
        guard !own.isEmpty else { return ["", ""] }
        let spread = Statistics.deviation(own).map { String(format: " ± " + measure.format, $0) } ?? ""
        let shown = String(format: measure.format, Statistics.mean(own)) + spread
        guard method != FlywheelMethod.baseline else { return [shown, ""] }
        return [shown, signed(difference(method, round, measure), measure.format)]
    }

    private func difference(_ method: String, _ round: Int, _ measure: Measure) -> PairedDifference {
        difference(method, round, measure.phase) { measure.value($0).map { $0 * measure.scale } }
    }

    /// Table of what tuning and reinforcement each did. The first line is the making of the first teacher.
    var postTraining: ReportTable {
        var table = ReportTable(
            head: [
                "method", "mid-trained, %", "tuned, %", "tuned against mid-trained", "reinforced, %",
                "reinforced against tuned", "reward, first steps", "reward, last steps",
            ], numericColumns: Set(1...7))
        for round in 1...plan.rounds {
            for method in methods(round) where plan.isPostTrained(method) {
                let accuracies = FlywheelModel.Phase.allCases.map { phase in
                    let own = values(method, round, phase) { 100 * $0.meanAccuracy }
                    return String(format: "%.1f", Statistics.mean(own.inOrder))
                }
                let courses = results.rewards.filter { $0.model.method == method && $0.model.round == round }
                table.rows.append(
                    [plan.rounds > 1 ? "\(method), round \(round)" : method]
                        + [accuracies[0], accuracies[1], signed(step(.tuned, method, round), "%.2f")]
                        + [accuracies[2], signed(step(.reinforced, method, round), "%.2f")]
                        + [courses.map(\.first), courses.map(\.last)].map {
                            String(format: "%.3f", Statistics.mean($0))
                        })
            }
        }
        return table
    }

    private func signed(_ difference: PairedDifference, _ format: String) -> String {
        let cell = Self.cell(difference, format)
        guard !isExploratory, difference.interval != nil, let p = difference.p else { return cell }
        return cell + String(format: ", p %.3f", p)
    }

    /// One sentence for the primary measure and each secondary one, of each method.
    var conclusions: [String] {
        guard !isExploratory else {
            guard !namesContrasts else { return contrastConclusions }
            return trendConclusions + [
                "No contrast was named beforehand and none is tested: differences are exploratory, each interval stands for itself."
            ]
        }
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
            + (1...plan.rounds).flatMap { round in
                tokenSignal(round).map {
                    $0.difference.words($0.what, against: Self.tokenControl, format: points, higherIsBetter: true)
                }
            }
        guard plan.seeds.count > 1 else { return lines }
        let count = intervalCount
        return lines + [
            "The tables and these lines hold \(count) intervals of 95 %, not corrected for their number: without any difference "
                + String(format: "%.1f", Double(count) / 20)
                + " of them would on average miss zero by chance. The intervals suppose normal differences: of strongly skewed ones "
                + "those of few bases cover less."
        ]
    }

    /// Number of intervals that the tables and the conclusions hold; one that stands in both counts once.
    package var intervalCount: Int {
        let others = { (round: Int) in methods(round).filter { $0 != FlywheelMethod.baseline } }
        let rounds = Array(1...plan.rounds)
        let differences =
            rounds.flatMap { round in
                others(round).flatMap { method in measures.map { difference(method, round, $0) } }
            }
            + rounds.flatMap { round in
                methods(round).filter(plan.isPostTrained).flatMap { method in
                    [step(.tuned, method, round), step(.reinforced, method, round)]
                }
            }
            + rounds.flatMap { round in tokenSignal(round).map(\.difference) }
        return differences.count { $0.interval != nil }
    }

    /// What the step of post-training that ends at a phase did, in points.
    private func step(_ phase: FlywheelModel.Phase, _ method: String, _ round: Int) -> PairedDifference {
        let accuracy = { (phase: FlywheelModel.Phase) in values(method, round, phase) { 100 * $0.meanAccuracy } }
        return PairedDifference(accuracy(phase), to: accuracy(phase == .reinforced ? .tuned : .mid))
    }

    /// A sentence where reinforcement made the first teacher worse, as far as its interval tells; nil where it does not.
    var worseTeacher: String? {
        let own = step(.reinforced, FlywheelMethod.baseline, 1)
        guard let interval = own.interval, interval.upperBound < 0 else { return nil }
        return
            "The first teacher was made worse by its reinforcement: \(Self.cell(own, "%.2f")) points over \(own.differences.count) bases, "
            + "reinforced against tuned."
    }

    /// What the choice of tokens adds to the choice of domains.
    private func tokenSignal(_ round: Int) -> [(what: String, difference: PairedDifference)] {
        let phases: [(FlywheelModel.Phase, String)] = [(.mid, "mid-training"), (.reinforced, "the same post-training")]
        return phases.compactMap { phase, what in
            let difference = PairedDifference(
                values("remit", round, phase) { $0.meanAccuracy },
                to: values(Self.tokenControl, round, phase) { $0.meanAccuracy })
            guard !difference.differences.isEmpty else { return nil }
            let name = plan.rounds > 1 ? "remit, round \(round)" : "remit"
            return ("\(name), accuracy after \(what)", difference)
        }
    }

    private static let tokenControl = "domain-matched"

    func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
}
