import Foundation

/// Advantages of the completions of one prompt: (r - mean) / (deviation + 1e-4) over the group, in f64.
///
/// Source: Shao et al., DeepSeekMath (2024, arXiv 2402.03300), group relative policy optimization. The deviation is the sample's
/// (divided by the group's size less one), as TRL has it; where all rewards are equal every advantage is 0.
package enum GroupAdvantages {
    static let deviationFloor = 1e-4

    /// Advantages of the completions of one prompt among those that have a reward; nil for the others, 0 where one alone has.
    package static func ofJudged(_ rewards: [Double?]) -> [Double?] {
        let judged = rewards.compactMap { $0 }
        guard judged.count > 1 else { return rewards.map { $0.map { _ in 0 } } }
        var advantages = of(judged).makeIterator()
        return rewards.map { $0.flatMap { _ in advantages.next() } }
    }

    /// Advantages of the completions of one prompt, in the order of their rewards.
    ///
    /// - Parameter rewards: two or more, within the range of f32.
    package static func of(_ rewards: [Double]) -> [Double] {
        precondition(rewards.count > 1, "a group has two completions or more")
        // Equal ones may differ from their rounded mean.
        guard rewards.contains(where: { $0 != rewards[0] }) else { return rewards.map { _ in 0 } }
        let count = Double(rewards.count)
        let mean = rewards.reduce(0, +) / count
        let deviation = (rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
        return rewards.map { ($0 - mean) / (deviation + deviationFloor) }
    }
}

/// The clipped policy loss over the completion tokens of one update:
///
///     ratio = p(token) / p_old(token)
///     loss  = (1 / N) * sum of -min(ratio A, clip(ratio, 1 - c, 1 + h) A) + k * (q - log q - 1),   q = p_start / p
///
/// h is c unless it is given: a larger one leaves unlikely tokens room to grow (clip-higher, DAPO, Yu et al. 2025, arXiv 2503.14476). A is the completion's advantage, p_old the student that drew the token, p_start the student before the first step, all three at the
/// temperature of the draw and over the whole vocabulary, also where only some of the tokens could be drawn (`SamplingFilter`); k is the KL coefficient; q - log q - 1 is an estimate of KL(p, p_start) that is never negative (Schulman
/// 2020). N counts all completion tokens of the update that take part, fixed before the first backward: a token counts the same in a short completion
/// and in a long one (as in DAPO, Yu et al. 2025; DeepSeekMath takes the mean of each completion first). Sums are in f64 in the order of
/// tokens.
package struct GRPOLoss: Sendable {
    /// N: completion tokens of the update, those of completions that are not added included.
    package let tokens: Int
    /// c: how far below 1 the ratio may be before it is cut.
    package let clip: Double
    /// h: how far above 1 the ratio may be before it is cut.
    package let clipHigh: Double
    /// k: weight of the divergence from the student before the first step; 0: none.
    package let klCoefficient: Double
    private var policySum = 0.0
    private var divergenceSum = 0.0
    /// Tokens at which the clipped term was the smaller one, so that the policy term has no gradient there.
    package private(set) var clippedTokens = 0

    /// Empty sums of an update whose number of completion tokens, above 0, is known before its first backward.
    ///
    /// - Parameter clipHigh: as `clip` where it is nil.
    package init(tokens: Int, clip: Double, clipHigh: Double? = nil, klCoefficient: Double) {
        precondition(tokens > 0, "an update without tokens is not made")
        self.tokens = tokens
        self.clip = clip
        self.clipHigh = clipHigh ?? clip
        self.klCoefficient = klCoefficient
    }

    /// Adds one completion and returns dLoss/dlog p of its tokens.
    ///
    /// - Parameters:
    ///   - advantage: the completion's, the same for all of its tokens.
    ///   - logProbs: of the student as it is.
    ///   - old: log-probs of the student that drew the tokens.
    ///   - start: log-probs of the student before the first step; nil where the KL coefficient is 0.
    package mutating func add(advantage: Double, logProbs: [Float], old: [Float], start: [Float]?) -> [Float] {
        precondition(logProbs.count == old.count && start?.count ?? old.count == old.count, "one log-prob a token")
        let n = Double(tokens)
        return logProbs.indices.map { index in
            let ratio = exp(Double(logProbs[index]) - Double(old[index]))
            let clipped = min(max(ratio, 1 - clip), 1 + clipHigh)
            var slope = 0.0
            if ratio * advantage <= clipped * advantage {
                policySum -= ratio * advantage
                slope = -ratio * advantage
            } else {
                policySum -= clipped * advantage
                clippedTokens += 1
            }
            if let start {
                let logQ = Double(start[index]) - Double(logProbs[index])
                let q = exp(logQ)
                divergenceSum += q - logQ - 1
                slope += klCoefficient * (1 - q)
            }
            return Float(slope / n)
        }
    }

    /// Loss of the update, divided by all N tokens: a completion that is not added counts as one without loss.
    package var loss: Double { (policySum + klCoefficient * divergenceSum) / Double(tokens) }

    /// Estimate of KL(p, p_start), mean over the N tokens; 0 where it is not computed.
    package var divergence: Double { divergenceSum / Double(tokens) }

    /// Share of the N tokens at which the clipped term was the smaller one.
    package var clippedShare: Double { Double(clippedTokens) / Double(tokens) }
}
