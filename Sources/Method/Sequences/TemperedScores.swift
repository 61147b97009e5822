/// Entropy and normalizer of the distributions that predict the tokens, at one temperature T.
///
/// With p the distribution at temperature 1, that at T is p_T(v) = p(v)^(1/T) / sum over the vocabulary of p^(1/T), which is
/// softmax(logits / T). So a log-prob becomes one at T exactly, without another pass:
///
///     log p_T(v) = log p(v) / T - logSumExp
package struct TemperedScores: Sendable, Equatable {
    /// Temperatures that can be asked for.
    package static let temperatures = 0.01...100.0
    /// Most temperatures of one pass.
    package static let maxCount = 5

    /// T.
    package let temperature: Double
    /// log of the sum of p^(1/T) over the whole vocabulary: 0 at 1, but for rounding, positive above, negative below. [N]; NaN at segment
    /// starts.
    package let logSumExps: [Float]  // [N]
    /// Entropy of p_T in nats, from 0 to log V. [N]; NaN at segment starts.
    package let entropies: [Float]  // [N]

    /// - Parameters: lists of one length.
    package init(temperature: Double, logSumExps: [Float], entropies: [Float]) {
        precondition(logSumExps.count == entropies.count, "two numbers a token")
        self.temperature = temperature
        self.logSumExps = logSumExps
        self.entropies = entropies
    }

    /// Values for positions that nothing predicts.
    package init(unpredicted count: Int, temperature: Double) {
        let none = [Float](repeating: .nan, count: count)
        self.init(temperature: temperature, logSumExps: none, entropies: none)
    }

    /// Values of some tokens.
    package func tokens(_ range: Range<Int>) -> TemperedScores {
        TemperedScores(
            temperature: temperature, logSumExps: Array(logSumExps[range]), entropies: Array(entropies[range]))
    }
}
