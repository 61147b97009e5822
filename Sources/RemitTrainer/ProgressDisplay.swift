import Annealing
import CommandLines
import Foundation

/// The running line of a run: loss, weighted loss, speed, share of clipped weights, time left.
package final class ProgressDisplay {
    /// Off a terminal a line is printed at most this often, beside the first and the last.
    private static let plainInterval = Duration.seconds(5)
    private static let (shortestBar, longestBar) = (4, 20)

    private let terminal: Terminal
    private let totalSteps: Int
    private let showsWeights: Bool
    private let clock = ContinuousClock()
    private var lastPlain: ContinuousClock.Instant?
    private var secondsPerStep: Double?

    package init(_ terminal: Terminal, totalSteps: Int, showsWeights: Bool) {
        self.terminal = terminal
        self.totalSteps = totalSteps
        self.showsWeights = showsWeights
    }

    func show(_ event: AnnealingEvent) {
        switch event {
        case .step(let record):
            show(record)
            guard record.skipped == true else { return }
            terminal.line(
                "step \(record.step) is a spike and was skipped: loss \(Format.loss(record.weightedLoss)), gradient norm "
                    + String(format: "%.3g", record.gradNorm))
        case .evaluation(let record):
            terminal.line("step \(record.step): held-out loss \(Format.loss(record.heldOutLoss))")
        case .saved: break
        }
    }

    private func show(_ record: StepRecord) {
        // A moving average: steps differ with their windows.
        secondsPerStep = secondsPerStep.map { 0.9 * $0 + 0.1 * record.stepSeconds } ?? record.stepSeconds
        let text = line(record)
        guard !terminal.isInteractive else { return terminal.status(text) }
        let due = lastPlain.map { clock.now - $0 >= Self.plainInterval } ?? true
        guard due || record.step == totalSteps else { return }
        lastPlain = clock.now
        terminal.line(text)
    }

    /// On a terminal a bar takes the columns that are left.
    package func line(_ record: StepRecord) -> String {
        let left = Double(totalSteps - record.step) * (secondsPerStep ?? record.stepSeconds)
        var parts = ["\(record.step)/\(totalSteps)", "loss \(Format.loss(record.loss))"]
        if showsWeights { parts.append("weighted \(Format.loss(record.weightedLoss))") }
        parts.append("\(Format.count(record.tokensPerSecond)) tok/s")
        if showsWeights { parts.append("clip \(Format.percent(record.clippedShare))") }
        parts.append("ETA \(Format.time(left))")
        let used = parts.joined(separator: " ").count
        let room = min(terminal.columns - 1 - used - " []".count, Self.longestBar)
        if terminal.isInteractive, room >= Self.shortestBar {
            parts.insert(Format.bar(Double(record.step) / Double(totalSteps), width: room), at: 1)
        }
        return parts.joined(separator: " ")
    }
}
