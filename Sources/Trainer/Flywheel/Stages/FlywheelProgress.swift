import Formats
import System

/// How many of a flywheel's stages are done, and how long the others will take: as long as those of their kind took.
package final class FlywheelProgress: Sendable {
    private struct State {
        var left: [String: String] = [:]
        /// Seconds of the stages that are done, by kind.
        var seconds: [String: [Double]] = [:]
        var started = 0
    }

    private let total: Int
    private let jobs: Int
    private let state: Locked<State>

    /// - Parameters:
    ///   - stages: names of all stages of the plan, each once.
    ///   - jobs: bases that are worked on at a time, 1 or more.
    package init(_ stages: [String], jobs: Int) {
        total = stages.count
        self.jobs = max(1, jobs)
        state = Locked(State(left: Dictionary(stages.map { ($0, Self.kind($0)) }) { first, _ in first }))
    }

    /// Takes a stage for done.
    ///
    /// - Parameter seconds: that it took, now or in an earlier process.
    package func finish(_ stage: String, seconds: Double) {
        state.withLock { state in
            guard let kind = state.left.removeValue(forKey: stage) else { return }
            state.seconds[kind, default: []].append(seconds)
        }
    }

    /// Counts a stage that is not looked at, and learns nothing of its time.
    package func skip(_ stage: String) { state.withLock { _ = $0.left.removeValue(forKey: stage) } }

    /// The line of a stage that begins: `13/57 ETA 0:12:00 base-2/round-1/remit`.
    package func line(starting stage: String) -> String {
        state.withLock { state in
            let done = total - state.left.count
            let left = secondsLeft(state)
            let time = left.map { "ETA \(Format.time($0)) " } ?? ""
            return "\(min(done + 1, total))/\(total) \(time)\(stage)"
        }
    }

    /// nil before a stage that trains is done: corpora say nothing of the others.
    private func secondsLeft(_ state: State) -> Double? {
        func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
        guard state.seconds.keys.contains(where: { !$0.contains("corpus") && $0 != "tokenizer" && $0 != "heldout" })
        else {
            return nil
        }
        let any = mean(state.seconds.values.flatMap(\.self)) ?? 0
        let work = state.left.values.reduce(0) { $0 + (mean(state.seconds[$1] ?? []) ?? any) }
        let bases = Set(state.left.keys.map { $0.prefix { $0 != "/" } }).count
        return work / Double(max(1, min(jobs, bases)))
    }

    /// A stage's name without the parts that number it.
    private static func kind(_ name: String) -> String {
        name.split(separator: "/").filter { $0.wholeMatch(of: /(?:base|round|step)-\d+/) == nil }.joined(separator: "/")
    }
}
