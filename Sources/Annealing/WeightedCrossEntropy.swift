/// loss = (1 / N) * sum of w_t * -log p_S(x_t | x_<t) over the scored positions of an optimizer step; DESIGN section 1.
///
/// N is fixed before the first backward, so that micro-batches change nothing but the order in which gradients are summed. The weights
/// are constants: the gradient handed back is dLoss/dlog p_t = -w_t / N and nothing flows through w. Sums are in f64 in position order.
package struct WeightedCrossEntropy: Sendable {
    /// Scored tokens of the step (rho1: those that are kept).
    package let normalizer: Int
    package let scoredTokens: Int
    private var weightedSum = 0.0
    private var plainSum = 0.0

    package init(normalizer: Int, scoredTokens: Int) {
        precondition(normalizer > 0 && scoredTokens > 0, "a step without scored tokens is refused before")
        self.normalizer = normalizer
        self.scoredTokens = scoredTokens
    }

    /// Adds one window and returns dLoss/dlogProbs. At unscored positions nothing is read, and the gradient is 0.
    package mutating func add(weights: [Float], logProbs: [Float], scored: [Bool]) -> [Float] {  // [T]
        precondition(weights.count == logProbs.count && logProbs.count == scored.count, "one value a token")
        var dLogProbs = [Float](repeating: 0, count: logProbs.count)
        let n = Double(normalizer)
        for position in logProbs.indices where scored[position] {
            let weight = Double(weights[position])
            let negative = -Double(logProbs[position])
            weightedSum += weight * negative
            plainSum += negative
            dLogProbs[position] = Float(-weight / n)
        }
        return dLogProbs
    }

    package var loss: Double { weightedSum / Double(normalizer) }

    /// The next-token loss of the same positions, unweighted.
    package var plainLoss: Double { plainSum / Double(scoredTokens) }
}
