import Corpora
import Transformers

/// The completions of one step with their rewards, those of one prompt behind one another: what the step learns from.
package struct JudgedCompletions {
    let step: Int
    /// Completions of the step, those of one prompt behind one another.
    let rollouts: [Rollout]
    let samplesPerPrompt: Int
    let maxNewTokens: Int
    let samplingSeconds: Double
    let rewardSeconds: Double

    /// Why no completion has a reward; nil where one has, or the judge could say nothing of any.
    package var nothingRight: NothingRight? {
        let judged = rollouts.filter { $0.reward != nil }
        guard !judged.isEmpty, judged.allSatisfy({ $0.reward == 0 }) else { return nil }
        return NothingRight(
            judged.map(\.attempt), finished: judged.count(where: \.generation.isFinished), maxNewTokens: maxNewTokens)
    }
}

/// A completion, and what came of it.
struct Rollout {
    let prompt: PromptRecord
    let promptIDs: [Int32]
    let generation: Generation
    /// Text of the completion.
    let completion: String
    /// nil where the judge could say nothing.
    var reward: Double?
    var advantage = 0.0
    /// Whether its tokens count in the loss.
    var takesPart = true

    var tokenCount: Int { generation.tokenIDs.count }

    var attempt: Attempt {
        Attempt(
            prompt: prompt.text, completion: completion, isFinished: generation.isFinished,
            tokenIDs: generation.tokenIDs, fields: prompt.fields)
    }
}
