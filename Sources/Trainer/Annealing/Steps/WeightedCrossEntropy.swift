/// Divisor of a step's weighted loss.
package enum LossNormalizer: String, Sendable, CaseIterable, Codable {
    /// The scored tokens (rho1: those that are kept): the method as it is published.
    case tokens
    /// The sum of the weights. The loss is then a weighted mean, and the mean weight of every step is 1: weights say what counts more
    /// within a step, and no longer how much the step counts. Against `tokens`, the gradient of the step is multiplied by
    /// tokens / sum of weights.
    case weights
}

/// The loss of an optimizer step over its scored positions, as docs/method.md defines it.
///
///     loss = (1 / N) * sum of w_t * -log p_S(x_t | x_<t)
///     z    = (1 / N) * zLossWeight * sum of (log Z_t)^2       over the positions with w_t > 0; PaLM (2022), OLMo 2 (2025)
///
/// N is the number of tokens, fixed before the first backward, so that micro-batches change nothing but the order in which gradients are
/// summed. The sum of the weights is known only behind the last forward: gradients are then summed with N = tokens, and all of them
/// scaled once at the end. The weights are constants: the gradients handed back are dLoss/dlog p_t = -w_t / N and
/// dLoss/dlog Z_t = 2 zLossWeight log Z_t / N, and nothing flows through w. Sums are in f64 in position order.
package struct WeightedCrossEntropy: Sendable {
    /// N: the scored tokens of the step (rho1: those that are kept).
    package let tokens: Int
    /// Scored tokens of the step, kept or not: the divisor of the plain loss.
    package let scoredTokens: Int
    /// Divisor of the weighted loss, the z-loss and all gradients: `tokens`, or the sum of the weights.
    package let normalizer: LossNormalizer
    /// Factor of the mean squared log Z beside the weighted loss; 0: no z-loss.
    package let zLossWeight: Double
    private var weightedSum = 0.0
    private var plainSum = 0.0
    private var weightSum = 0.0
    private var squareSum = 0.0

    /// Empty sums of a step whose counts are known before its first backward. `tokens` and `scoredTokens` are above 0.
    package init(tokens: Int, scoredTokens: Int, normalizer: LossNormalizer = .tokens, zLossWeight: Double = 0) {
        precondition(tokens > 0 && scoredTokens > 0, "a step without scored tokens is refused before")
        self.tokens = tokens
        self.scoredTokens = scoredTokens
        self.normalizer = normalizer
        self.zLossWeight = zLossWeight
    }

    /// Adds one window and returns dLoss/dlogProbs. At unscored positions nothing is read, and the gradient is 0.
    package mutating func add(weights: [Float], logProbs: [Float], scored: [Bool]) -> [Float] {  // [T]
        precondition(weights.count == logProbs.count && logProbs.count == scored.count, "one value a token")
        var dLogProbs = [Float](repeating: 0, count: logProbs.count)
        let n = Double(tokens)
        for position in logProbs.indices where scored[position] {
            let weight = Double(weights[position])
            let negative = -Double(logProbs[position])
            weightedSum += weight * negative
            plainSum += negative
            weightSum += weight
            dLogProbs[position] = Float(-weight / n)
        }
        return dLogProbs
    }

    /// Adds log Z of one window and returns dLoss/dlogSumExps. Positions that the loss does not count have none.
    package mutating func add(weights: [Float], logSumExps: [Float], scored: [Bool]) -> [Float] {  // [T]
        precondition(weights.count == logSumExps.count && logSumExps.count == scored.count, "one value a token")
        var dLogSumExps = [Float](repeating: 0, count: logSumExps.count)
        for position in logSumExps.indices where scored[position] && weights[position] > 0 {
            let value = Double(logSumExps[position])
            squareSum += value * value
            dLogSumExps[position] = Float(2 * zLossWeight * value / Double(tokens))
        }
        return dLogSumExps
    }

    /// Factor for all gradients of the step once they are summed: 1, or N / sum of weights, infinite where all
    /// weights are 0. Not known before the last window is added.
    package var gradientScale: Double { normalizer == .tokens ? 1 : Double(tokens) / weightSum }

    /// Weighted loss of the windows that were added, in nats a token, without the z-loss.
    package var loss: Double { weightedSum / Double(tokens) * gradientScale }

    /// What the squared log Z of the windows that were added contributes to the loss, `zLossWeight` included; 0 without a z-loss.
    package var zLoss: Double { zLossWeight * squareSum / Double(tokens) * gradientScale }

    /// Unweighted next-token loss of the windows that were added, in nats a scored token.
    package var plainLoss: Double { plainSum / Double(scoredTokens) }
}
