/// The weights of one sequence, and their statistics over its scored positions.
package struct WeightedSequence: Equatable, Sendable {
    package let weights: [Float]  // [T], 0 where not scored
    package let scoredTokens: Int
    /// What the loss is divided by: the scored positions, or those that rho1 keeps.
    package let keptTokens: Int
    /// NaN where nothing is scored.
    package let meanWeight: Float
    package let clippedLow: Int
    package let clippedHigh: Int

    /// `weights` are 0 where `scored` is false.
    init(weights: [Float], scored: [Bool], keptTokens: Int? = nil, clippedLow: Int = 0, clippedHigh: Int = 0) {
        var sum = 0.0
        var scoredTokens = 0
        for (weight, isScored) in zip(weights, scored) where isScored {
            sum += Double(weight)
            scoredTokens += 1
        }
        self.weights = weights
        self.scoredTokens = scoredTokens
        self.keptTokens = keptTokens ?? scoredTokens
        self.clippedLow = clippedLow
        self.clippedHigh = clippedHigh
        meanWeight = scoredTokens == 0 ? .nan : Float(sum / Double(scoredTokens))
    }
}
