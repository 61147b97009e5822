import Annealing
import Formats

/// The table that a run ends with.
package struct RunSummary: Sendable {
    private let out: String
    private let weighting: String
    private let isDistilled: Bool
    private var rows: [(String, String)] = []

    /// - Parameters:
    ///   - directory: where the finished student is.
    ///   - weighting: name of the run's weighting.
    ///   - isDistilled: whether the objective is the divergence from the teacher.
    package init(directory: String, weighting: String, isDistilled: Bool) {
        out = directory
        self.weighting = weighting
        self.isDistilled = isDistilled
    }

    /// Takes the numbers of a finished run from its log and its last state. A log that was lost on the way has the last steps alone: what is
    /// a share or a rate is of the steps that it has.
    package mutating func read(_ records: [LogRecord], state: RunState) {
        let steps = records.compactMap { if case .step(let record) = $0 { record } else { nil } }
        let evaluations = records.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
        rows = [("steps", "\(state.step)"), ("tokens", "\(state.tokens), \(state.scoredTokens) scored")]
        if let first = steps.first, let last = steps.last {
            rows.append(
                (
                    "loss",
                    "\(Format.loss(first.loss)) at step \(first.step), \(Format.loss(last.loss)) at step \(last.step)"
                ))
        }
        if let first = evaluations.first, let last = evaluations.last {
            let before = first.step == 0 ? "before" : "at step \(first.step)"
            rows.append(
                ("held-out loss", "\(Format.loss(first.heldOutLoss)) \(before), \(Format.loss(last.heldOutLoss)) after")
            )
            for after in last.heldOutDomains ?? [] {
                let loss = first.heldOutDomains?.first { $0.domain == after.domain }.map { Format.loss($0.loss) }
                rows.append(
                    (
                        "held-out loss, \(after.domain)",
                        "\(loss ?? "-") \(before), \(Format.loss(after.loss)) after"
                    ))
            }
        }
        let (seconds, waited) = steps.reduce((0, 0)) { ($0.0 + $1.stepSeconds, $0.1 + $1.waitSeconds) }
        if seconds > 0 {
            let tokens = steps.reduce(0) { $0 + $1.tokens }
            rows.append(("speed", "\(Format.count(Double(tokens) / seconds)) tokens/s"))
        }
        if state.skippedSteps > 0 { rows.append(("skipped", "\(state.skippedSteps) steps were spikes: not updated")) }
        if let shares = Self.sourceShares(steps) { rows.append(("mix", shares)) }
        let divergences = steps.compactMap(\.kdLoss)
        if let first = divergences.first, let last = divergences.last {
            rows.append(("kd loss", "\(Format.loss(first)) at first, \(Format.loss(last)) at last"))
        }
        let scored = Double(steps.reduce(0) { $0 + $1.scoredTokens })
        if weighting != "ntp", !isDistilled, scored > 0 {
            let clipped = steps.reduce(0) { $0 + $1.clippedShare * Double($1.scoredTokens) }
            let up = steps.reduce(0) { $0 + $1.upWeightedShare * Double($1.scoredTokens) }
            rows.append(
                ("weights", "\(Format.percent(up / scored)) above 1, \(Format.percent(clipped / scored)) clipped"))
        }
        if weighting != "ntp" || isDistilled, seconds > 0 {
            rows.append(("waited for teacher", "\(Format.percent(waited / seconds)) of \(Format.time(seconds))"))
        }
        if let plain = state.nextTokenSteps?.count {
            rows.append(("next-token steps", "\(plain), because no server answered"))
        }
        rows.append(("checkpoint", out))
    }

    /// What each source of a mix gave, of all tokens.
    private static func sourceShares(_ steps: [StepRecord]) -> String? {
        let tokens = steps.reduce(into: [String: Int]()) { $0.merge($1.sourceTokens ?? [:], uniquingKeysWith: +) }
        let total = Double(tokens.values.reduce(0, +))
        guard total > 0 else { return nil }
        return tokens.sorted { $0.key < $1.key }.map { "\($0.key) \(Format.percent(Double($0.value) / total))" }
            .joined(separator: ", ")
    }

    /// Rows of two columns.
    package var table: String { Format.table(rows) }
}
