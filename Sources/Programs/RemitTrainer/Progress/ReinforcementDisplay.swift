import CommandLines
import Formats
import Foundation
import Reinforcement

/// The running line of a reinforcement, and what is wrong with one that earns nothing.
package struct ReinforcementDisplay {
    /// Off a terminal a line is printed every so many steps.
    private static let plainSteps = 10

    private let terminal: Terminal
    private let totalSteps: Int
    private var secondsPerStep: Double?
    private var hasComplained = false

    package init(_ terminal: Terminal, totalSteps: Int) {
        self.terminal = terminal
        self.totalSteps = totalSteps
    }

    /// - Parameter nothingRight: why no completion of the step has a reward. What is wrong is said once, until a step has a reward.
    mutating func show(_ record: ReinforcementRecord, _ nothingRight: NothingRight?) {
        let line = line(record)
        terminal.status(line)
        if !terminal.isInteractive, record.step % Self.plainSteps == 0 || record.step == totalSteps {
            terminal.line(line)
        }
        let complaint =
            record.meanReward == nil
            ? "the judge can say nothing of any completion, so nothing is learned"
            : nothingRight.map { "no completion has a reward, so nothing is learned: \($0)" }
        if let complaint, !hasComplained { terminal.line("step \(record.step): \(complaint)") }
        hasComplained = complaint != nil
    }

    /// The progress after a step. The time that is left is a moving average: to be called once for each step.
    package mutating func line(_ record: ReinforcementRecord) -> String {
        let seconds = record.samplingSeconds + record.rewardSeconds + record.updateSeconds
        secondsPerStep = secondsPerStep.map { 0.9 * $0 + 0.1 * seconds } ?? seconds
        let left = Double(totalSteps - record.step) * (secondsPerStep ?? seconds)
        return String(
            format: "%d/%d reward %@ uniform %@ finished %@ grad %.3f %.2f s ETA %@", record.step, totalSteps,
            record.meanReward.map { String(format: "%.3f", $0) } ?? "none", Format.percent(record.uniformShare),
            Format.percent(record.finishedShare),
            record.gradNorm, seconds, Format.time(left))
    }
}
