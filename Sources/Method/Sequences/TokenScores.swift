/// What a frozen model says of the tokens of a batch.
package struct TokenScores: Sendable, Equatable {
    /// Natural log-prob of every token given those before it in its segment. [N]; NaN at segment starts.
    package let logProbs: [Float]  // [N], NaN at segment starts
    /// Likeliest tokens at every position, one row a token; nil where none were asked for.
    package let top: TopLogProbs?
    /// Entropy and normalizer at each temperature that was asked for, in that order.
    package let tempered: [TemperedScores]

    /// Scores of one batch.
    ///
    /// - Parameters:
    ///   - top: nil, or as many rows as there are log-probs.
    ///   - tempered: each of as many values as there are log-probs.
    package init(logProbs: [Float], top: TopLogProbs? = nil, tempered: [TemperedScores] = []) {
        precondition(top.map { $0.tokenCount == logProbs.count } ?? true, "one row a token")
        precondition(tempered.allSatisfy { $0.entropies.count == logProbs.count }, "one value a token")
        self.logProbs = logProbs
        self.top = top
        self.tempered = tempered
    }

    /// Scores of positions that nothing predicts.
    package init(unpredicted count: Int, _ detail: ScoreDetail) {
        self.init(
            logProbs: [Float](repeating: .nan, count: count),
            top: detail.topK > 0 ? TopLogProbs(unpredicted: count, k: detail.topK) : nil,
            tempered: detail.temperatures.map { TemperedScores(unpredicted: count, temperature: $0) })
    }
}

extension TokenScores {
    /// What these scores were asked for.
    package var detail: ScoreDetail {
        ScoreDetail(topK: top?.k ?? 0, temperatures: tempered.map(\.temperature))
    }

    /// Scores of some tokens, with what `detail` wants of what is there.
    package func tokens(_ range: Range<Int>, _ detail: ScoreDetail) -> TokenScores {
        TokenScores(
            logProbs: Array(logProbs[range]),
            top: detail.topK > 0 ? top?.tokens(range, k: detail.topK) : nil,
            tempered: detail.temperatures.compactMap { wanted in
                tempered.first { $0.temperature == wanted }?.tokens(range)
            })
    }

    /// Scores of several segments, one behind the other, all with the same detail.
    package init(joining parts: some Collection<TokenScores>) {
        self.init(
            logProbs: parts.flatMap(\.logProbs),
            top: parts.first?.top.map { first in
                TopLogProbs(
                    k: first.k, tokenIDs: parts.flatMap { $0.top?.tokenIDs ?? [] },
                    logProbs: parts.flatMap { $0.top?.logProbs ?? [] })
            },
            tempered: (parts.first?.tempered ?? []).enumerated().map { index, first in
                TemperedScores(
                    temperature: first.temperature, logSumExps: parts.flatMap { $0.tempered[index].logSumExps },
                    entropies: parts.flatMap { $0.tempered[index].entropies })
            })
    }
}
