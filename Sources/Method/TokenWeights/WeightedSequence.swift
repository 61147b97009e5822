/// Weights of one sequence, and their statistics over its scored positions.
package struct WeightedSequence: Equatable, Sendable {
    /// Factor of each token's loss, a constant for the gradient.
    package let weights: [Float]  // [T], 0 where not scored
    /// Number of scored positions, those with weight 0 included.
    package let scoredTokens: Int
    /// Number that the loss is divided by: the scored positions, or those that rho1 keeps.
    package let keptTokens: Int
    /// Mean of the weights over the scored positions, summed in f64; NaN where nothing is scored.
    package let meanWeight: Float
    /// Scored positions whose weight was below 1 - epsilon before the clip; 0 for a weighting that does not clip.
    package let clippedLow: Int
    /// Scored positions whose weight was above 1 + epsilon before the clip; 0 for a weighting that does not clip.
    package let clippedHigh: Int

    /// Takes weights that are 0 where `scored` is false, and sums up their statistics.
    ///
    /// - Parameter keptTokens: nil: all scored positions.
    package init(weights: [Float], scored: [Bool], keptTokens: Int? = nil, clippedLow: Int = 0, clippedHigh: Int = 0) {
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
