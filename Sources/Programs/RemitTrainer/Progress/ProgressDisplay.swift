import Annealing
import CommandLines
import Formats
import Foundation

/// The running line of a run: loss, weighted loss, speed, waiting, time left.
package final class ProgressDisplay {
    private static let (shortestBar, longestBar) = (4, 20)

    private let terminal: Terminal
    private let totalSteps: Int
    private let showsWeights: Bool
    private let showsTeacher: Bool
    private let evaluateEvery: Int?
    private var evaluationSeconds: Double?
    private var evaluation = ProgressMeter()
    private var secondsPerStep: Double?
    private var waitShare: Double?

    /// - Parameters:
    ///   - showsWeights: whether the weighted loss and the share of clipped weights are shown: without a teacher they say nothing.
    ///   - showsTeacher: whether waiting for a teacher is shown; nil: where weights are.
    ///   - evaluateEvery: steps between held-out losses, 0 for the last step's alone; nil: there are none.
    package init(
        _ terminal: Terminal, totalSteps: Int, showsWeights: Bool, showsTeacher: Bool? = nil,
        evaluateEvery: Int? = nil
    ) {
        self.evaluateEvery = evaluateEvery
        self.terminal = terminal
        self.totalSteps = totalSteps
        self.showsWeights = showsWeights
        self.showsTeacher = showsTeacher ?? showsWeights
    }

    /// Takes note of what has happened, and shows what a person is to see of it.
    func show(_ event: AnnealingEvent) {
        take(event)
        switch event {
        case .step(let record):
            terminal.progress(line(record), always: record.step == totalSteps)
            guard record.skipped == true else { return }
            terminal.line(
                "step \(record.step) is a spike and was skipped: loss \(Format.loss(record.weightedLoss)), gradient norm "
                    + String(format: "%.3g", record.gradNorm))
        case .evaluating(let tokens, let total):
            if tokens == 0 { evaluation = ProgressMeter("held-out loss", of: total) }
            terminal.progress(evaluation.progress(tokens))
        case .evaluation(let record, _):
            terminal.line("step \(record.step): held-out loss \(Format.loss(record.heldOutLoss))")
        case .saved: break
        }
    }

    /// Takes note of what has happened and shows nothing: how long a held-out loss takes.
    package func take(_ event: AnnealingEvent) {
        if case .evaluation(_, let seconds) = event { evaluationSeconds = seconds }
    }

    /// The progress after a step in one line that never wraps: on a terminal what matters less is left out where columns lack, and a
    /// bar takes those that are left. Speeds are moving averages: to be called once for each step.
    package func line(_ record: StepRecord) -> String {
        // Moving averages: steps differ with their windows.
        secondsPerStep = Self.average(secondsPerStep, record.stepSeconds)
        waitShare = Self.average(waitShare, record.stepSeconds > 0 ? record.waitSeconds / record.stepSeconds : 0)
        let left =
            Double(totalSteps - record.step) * (secondsPerStep ?? record.stepSeconds)
            + Double(evaluations(after: record.step)) * (evaluationSeconds ?? 0)
        // With the rank of what is left out first; nil stays.
        var parts: [(text: String, rank: Int?)] = [
            ("\(record.step)/\(totalSteps)", nil), ("loss \(Format.loss(record.loss))", nil),
        ]
        if showsWeights { parts.append(("weighted \(Format.loss(record.weightedLoss))", 3)) }
        if let divergence = record.kdLoss { parts.append(("kd \(Format.loss(divergence))", 3)) }
        parts.append(("\(Format.count(record.tokensPerSecond)) tok/s", 4))
        if showsWeights { parts.append(("clip \(Format.percent(record.clippedShare))", 1)) }
        if showsTeacher {
            parts.append(record.ntp == true ? ("no teacher", nil) : ("wait \(Format.percent(waitShare ?? 0))", 2))
        }
        parts.append(("ETA \(Format.time(left))", nil))
        guard terminal.isInteractive else { return Self.joined(parts) }

        let room = terminal.columns - 1
        while let next = parts.compactMap(\.rank).min() {
            // A short bar says more than the clip rate, which the log has.
            let wanted = next == 1 ? Self.shortestBar + " []".count : 0
            guard Self.joined(parts).count + wanted > room else { break }
            parts.removeAll { $0.rank == next }
        }
        let bar = min(room - Self.joined(parts).count - " []".count, Self.longestBar)
        if bar >= Self.shortestBar {
            parts.insert((Format.bar(Double(record.step) / Double(totalSteps), width: bar), nil), at: 1)
        }
        return Self.joined(parts)
    }

    /// Held-out losses that are still to come once this step is done, its own among them.
    private func evaluations(after step: Int) -> Int {
        guard let evaluateEvery else { return 0 }
        guard evaluateEvery > 0 else { return 1 }
        let multiples = totalSteps / evaluateEvery - (step - 1) / evaluateEvery
        return multiples + (totalSteps % evaluateEvery == 0 ? 0 : 1)
    }

    private static func average(_ old: Double?, _ new: Double) -> Double { old.map { 0.9 * $0 + 0.1 * new } ?? new }

    private static func joined(_ parts: [(text: String, rank: Int?)]) -> String {
        parts.map(\.text).joined(separator: " ")
    }
}
