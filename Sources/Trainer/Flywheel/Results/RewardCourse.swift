import Reinforcement
import Reports
import Training

/// Reward at the start and the end of one reinforcement: the share of right answers among completions drawn for training problems.
package struct RewardCourse: Sendable, Equatable, Codable {
    /// The reinforced model.
    package var model: FlywheelModel
    /// Mean reward over the first tenth of the steps, one step at least. 0 to 1.
    package var first: Double
    /// Mean reward over the last tenth of the steps, one step at least. 0 to 1.
    package var last: Double

    init(_ model: FlywheelModel, _ paths: FlywheelPaths) throws {
        let path = paths.model(model) + "/log.jsonl"
        let rewards = try FlywheelResults.reading(path) {
            try StepLog<ReinforcementRecord>.records(path).compactMap(\.meanReward)
        }
        guard !rewards.isEmpty else { throw FlywheelError.badResult(path: path, reason: "it holds no steps") }
        let count = max(1, rewards.count / 10)
        self.model = model
        first = Statistics.mean(Array(rewards.prefix(count)))
        last = Statistics.mean(Array(rewards.suffix(count)))
    }
}
