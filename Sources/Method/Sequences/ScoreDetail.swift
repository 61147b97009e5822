/// What is wanted of the distributions that predict a segment's tokens, beside the log-probs of the tokens.
package struct ScoreDetail: Hashable, Sendable {
    /// Log-probs alone.
    package static let none = ScoreDetail()
    /// Log-probs and the entropies of the distributions as they are.
    package static let entropies = ScoreDetail(temperatures: [1])

    /// Likeliest tokens at each position; 0 for none.
    package let topK: Int
    /// Temperatures at which entropy and normalizer are wanted, all different, each within `TemperedScores.temperatures`.
    package let temperatures: [Double]

    /// - Parameters: what is wanted; `topK` must not be negative, and there are at most `TemperedScores.maxCount` temperatures.
    package init(topK: Int = 0, temperatures: [Double] = []) {
        precondition(topK >= 0, "a number of tokens is not negative")
        precondition(temperatures.count <= TemperedScores.maxCount, "more temperatures than are computed at once")
        precondition(temperatures.allSatisfy(TemperedScores.temperatures.contains), "a temperature out of range")
        self.topK = topK
        self.temperatures = temperatures
    }

    /// Whether log-probs are all that is wanted: only such scores are kept, in memory or in a store.
    package var isPlain: Bool { topK == 0 && temperatures.isEmpty }

    /// What a token counts in the queue. A position with k likeliest tokens has 1 + k numbers, and as many ids, to keep until its request
    /// is answered, where one without has one; each temperature brings two numbers more, and counts as a token does.
    package var costPerToken: Int { 1 + topK + temperatures.count }
}

extension ScoreDetail: CustomStringConvertible {
    package var description: String { "\(topK) of the likeliest tokens and temperatures \(temperatures)" }
}
