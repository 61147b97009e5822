/// What a frozen model says of the tokens of a batch.
package struct TokenScores: Sendable, Equatable {
    /// Natural log-prob of every token given those before it in its segment. [N]; NaN at segment starts.
    package let logProbs: [Float]  // [N], NaN at segment starts
    /// Likeliest tokens at every position, one row a token; nil where none were asked for.
    package let top: TopLogProbs?

    /// Scores of one batch.
    ///
    /// - Parameter top: nil, or as many rows as there are log-probs.
    package init(logProbs: [Float], top: TopLogProbs? = nil) {
        precondition(top.map { $0.tokenCount == logProbs.count } ?? true, "one row a token")
        self.logProbs = logProbs
        self.top = top
    }
}

extension TokenScores {
    /// Scores of several segments, one behind the other; all with likeliest tokens, equally many, or none.
    package init(joining parts: some Collection<TokenScores>) {
        self.init(
            logProbs: parts.flatMap(\.logProbs),
            top: parts.first?.top.map { first in
                TopLogProbs(
                    k: first.k, tokenIDs: parts.flatMap { $0.top?.tokenIDs ?? [] },
                    logProbs: parts.flatMap { $0.top?.logProbs ?? [] })
            })
    }
}
