/// The distribution that predicts each token, cut to its k likeliest tokens: natural log-probs in falling order.
///
/// Ordered by these log-probs, of equal ones the lower id first: the k likeliest are the first k of any longer list, in bits.
package struct TopLogProbs: Sendable, Equatable {
    /// Likeliest tokens in each row, above 0.
    package let k: Int
    /// Ids of the likeliest tokens. [N, k]; -1 where nothing is predicted, at segment starts, and in place of a token that was left out.
    package private(set) var tokenIDs: [Int32]
    /// Natural log-probs of `tokenIDs`, falling within a row but for those that were left out. [N, k]; NaN where nothing is predicted,
    /// -infinity in place of a token that was left out.
    package private(set) var logProbs: [Float]

    /// Rows as an engine gave them; their order is not checked.
    ///
    /// - Parameter k: more than 0; both lists have k entries a token.
    package init(k: Int, tokenIDs: [Int32], logProbs: [Float]) {
        precondition(
            k > 0 && tokenIDs.count == logProbs.count && tokenIDs.count % k == 0, "k ids and log-probs a token")
        self.k = k
        self.tokenIDs = tokenIDs
        self.logProbs = logProbs
    }

    /// Rows for positions where nothing is predicted: ids of -1 and log-probs of NaN.
    package init(unpredicted count: Int, k: Int) {
        self.init(
            k: k, tokenIDs: [Int32](repeating: -1, count: count * k),
            logProbs: [Float](repeating: .nan, count: count * k))
    }

    /// N, the rows.
    package var tokenCount: Int { tokenIDs.count / k }

    /// Rows of some tokens, cut to their first `kept` entries: the `kept` likeliest tokens, since rows are in falling order.
    ///
    /// - Parameter kept: at most `k`.
    package func tokens(_ range: Range<Int>, k kept: Int) -> TopLogProbs {
        precondition(kept <= k, "there are only \(k)")
        guard kept < k else {
            let places = range.lowerBound * k..<range.upperBound * k
            return TopLogProbs(k: k, tokenIDs: Array(tokenIDs[places]), logProbs: Array(logProbs[places]))
        }
        var cut = TopLogProbs(unpredicted: range.count, k: kept)
        for (place, token) in range.enumerated() { cut.set(place, self, token) }
        return cut
    }

    /// Overwrites the row of `token` with the first `k` entries of row `row` of `source`, which has at least as many.
    package mutating func set(_ token: Int, _ source: TopLogProbs, _ row: Int) {
        for place in 0..<k {
            tokenIDs[token * k + place] = source.tokenIDs[row * source.k + place]
            logProbs[token * k + place] = source.logProbs[row * source.k + place]
        }
    }

    /// Adds the rows of `other`, which has the same `k`, behind these.
    package mutating func append(_ other: TopLogProbs) {
        precondition(other.k == k, "another k")
        tokenIDs += other.tokenIDs
        logProbs += other.logProbs
    }
}
