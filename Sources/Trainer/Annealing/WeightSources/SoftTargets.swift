import Sequences

/// What a teacher says of every token of a window, for a student to be compared with.
package struct SoftTargets: Sendable, Equatable {
    /// Its likeliest tokens, with log-probs at the temperature of the distillation.
    package var top: TopLogProbs
    /// Entropies of its whole distributions at that temperature, in nats; empty where they are not asked for. [T], NaN where nothing is
    /// predicted
    package var entropies: [Float]

    /// - Parameter entropies: none, or one a row.
    package init(_ top: TopLogProbs, entropies: [Float] = []) {
        precondition(entropies.isEmpty || entropies.count == top.tokenCount, "one a token")
        self.top = top
        self.entropies = entropies
    }
}

extension TopLogProbs {
    /// The same tokens with their log-probs at another temperature, exactly: log p / T less the log-sum-exp of all log-probs / T.
    package func tempered(_ scores: TemperedScores) -> TopLogProbs {
        precondition(scores.logSumExps.count == tokenCount, "one a token")
        return TopLogProbs(
            k: k, tokenIDs: tokenIDs,
            logProbs: logProbs.indices.map { place in
                let logProb = Double(logProbs[place]) / scores.temperature - Double(scores.logSumExps[place / k])
                // Rounded, a certainty may come out above 0.
                return logProb > 0 ? 0 : Float(logProb)
            })
    }
}
