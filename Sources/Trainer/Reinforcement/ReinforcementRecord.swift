import Corpora
import JSONValues
import Training
import Transformers

/// One step in the run's log. Everything but the seconds, and how many completions are shown, is a function of the run's options alone.
package struct ReinforcementRecord: Sendable, Equatable, StepLogRecord {
    /// Number of the step in its run, from 1.
    package var step: Int
    /// Mean reward of the completions that have one; nil where none has.
    package var meanReward: Double?
    /// Completions of which the judge could say nothing; nil where there are none.
    package var unjudged: Int?
    /// Share of the prompts whose completions all had one reward, those without any aside: nothing is learned from them.
    package var uniformShare: Double
    /// Mean loss of the step's updates, weighted by their completion tokens: the clipped policy loss and the weighted divergence.
    package var loss: Double
    /// Estimate of the divergence from the student before the first step, mean a completion token; 0 where it is not computed.
    package var divergence: Double
    /// Share of the completion tokens at which the clipped term was the smaller one.
    package var clippedShare: Double
    /// Euclidean norm of the gradient of the step's last update, before clipping.
    package var gradNorm: Double
    /// Rate of the schedule at this step.
    package var learningRate: Double
    /// Tokens of the step's completions, those that ended them included.
    package var tokens: Int
    /// Tokens that take part in the loss; nil where all do.
    package var lossTokens: Int?
    /// Lengths of the completions; runs of before they were kept have none.
    package var lengths: CompletionLengths?
    /// Entropy of the distributions that the tokens were drawn from, at the temperature and before any token was left out, mean a token, in
    /// nats; runs of before it was kept have none.
    package var entropy: Double?
    /// Share of the completions that ended by themselves.
    package var finishedShare: Double
    /// Wall time of drawing the step's completions, in seconds.
    package var samplingSeconds: Double
    /// Wall time of judging the step's completions, in seconds.
    package var rewardSeconds: Double
    /// Wall time of the step's updates, in seconds.
    package var updateSeconds: Double
    /// Some of the completions; nil where none are to be shown.
    package var completions: [LoggedCompletion]?

    /// Always false: a reinforcement's log has no held-out losses.
    package var isEvaluation: Bool { false }

    /// The record with all its seconds 0: what is equal between two runs of equal options.
    package var withoutClock: ReinforcementRecord {
        var record = self
        (record.samplingSeconds, record.rewardSeconds, record.updateSeconds) = (0, 0, 0)
        return record
    }
}

/// How long the completions of a step are, in tokens, the one that ended them included.
package struct CompletionLengths: Sendable, Equatable, Codable {
    package var min: Int
    package var mean: Double
    /// Of an even number the mean of the two in the middle.
    package var median: Double
    package var max: Int

    /// - Parameter lengths: one or more.
    package init(_ lengths: [Int]) {
        precondition(!lengths.isEmpty, "a step has completions")
        let sorted = lengths.sorted()
        min = sorted[0]
        max = sorted[sorted.count - 1]
        mean = Double(sorted.reduce(0, +)) / Double(sorted.count)
        median = Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// A completion as the log shows it: texts are cut at 1,000 bytes or somewhat before, with an ellipsis.
package struct LoggedCompletion: Sendable, Equatable, Codable {
    private static let longestText = 1000

    package var prompt: String
    package var completion: String
    /// nil where the judge could say nothing.
    package var reward: Double?
    /// Length of the completion in tokens.
    package var tokens: Int
    /// Whether the model ended it.
    package var finished: Bool

    package init(prompt: String, completion: String, reward: Double?, tokens: Int, finished: Bool) {
        self.prompt = prompt.shortened(toBytes: Self.longestText)
        self.completion = completion.shortened(toBytes: Self.longestText)
        self.reward = reward
        self.tokens = tokens
        self.finished = finished
    }
}

extension JudgedCompletions {
    /// What the log says of the step before anything is learned from it: the numbers of the updates are 0.
    ///
    /// - Parameter loggedCompletions: how many completions are shown: one of each prompt, then a second of each, and so on.
    func record(learningRate: Double, loggedCompletions: Int) -> ReinforcementRecord {
        let count = Double(rollouts.count)
        let rewards = rollouts.compactMap(\.reward)
        let starts = stride(from: 0, to: rollouts.count, by: samplesPerPrompt)
        let uniform = starts.count { start in
            let group = rollouts[start..<start + samplesPerPrompt].compactMap(\.reward)
            return group.allSatisfy { $0 == group[0] }
        }
        let prompts = rollouts.count / samplesPerPrompt
        let tokens = rollouts.reduce(0) { $0 + $1.tokenCount }
        let lossTokens = rollouts.reduce(0) { $0 + ($1.takesPart ? $1.tokenCount : 0) }
        let entropies = rollouts.lazy.flatMap(\.generation.entropies)
        let shown = (0..<min(loggedCompletions, rollouts.count)).map { number in
            rollouts[number % prompts * samplesPerPrompt + number / prompts]
        }
        return ReinforcementRecord(
            step: step, meanReward: rewards.isEmpty ? nil : rewards.reduce(0, +) / Double(rewards.count),
            unjudged: rewards.count < rollouts.count ? rollouts.count - rewards.count : nil,
            uniformShare: Double(uniform) / Double(prompts), loss: 0, divergence: 0, clippedShare: 0, gradNorm: 0,
            learningRate: learningRate, tokens: tokens, lossTokens: lossTokens < tokens ? lossTokens : nil,
            lengths: CompletionLengths(rollouts.map(\.tokenCount)),
            entropy: entropies.reduce(0) { $0 + Double($1) } / Double(tokens),
            finishedShare: Double(rollouts.count { $0.generation.isFinished }) / count, samplingSeconds: 0,
            rewardSeconds: 0, updateSeconds: 0, completions: shown.isEmpty ? nil : shown.map(\.logged))
    }
}

extension Rollout {
    fileprivate var logged: LoggedCompletion {
        LoggedCompletion(
            prompt: prompt.text, completion: completion, reward: reward, tokens: tokenCount,
            finished: generation.isFinished)
    }
}
