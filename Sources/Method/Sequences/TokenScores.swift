/// What a frozen model says of the tokens of a batch.
package struct TokenScores: Sendable, Equatable {
    package let logProbs: [Float]  // [N], NaN at segment starts
    /// nil where none were asked for.
    package let top: TopLogProbs?

    package init(logProbs: [Float], top: TopLogProbs? = nil) {
        precondition(top.map { $0.tokenCount == logProbs.count } ?? true, "one row a token")
        self.logProbs = logProbs
        self.top = top
    }
}

extension TokenScores {
    /// Those of segments, one behind the other; all with likeliest tokens, equally many, or none.
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
