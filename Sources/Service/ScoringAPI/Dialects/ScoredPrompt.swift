/// What was scored of one prompt, by position: those of its tokens and, where it was asked for, of the token behind them.
struct ScoredPrompt {
    struct Token {
        let id: Int32
        /// Natural; NaN where nothing predicts the token.
        let logProb: Float
    }

    private let result: ScoreResult
    /// Tokens of the prompt.
    let count: Int

    /// - Parameter predictsNext: whether the result's last row is what follows the prompt.
    init(_ result: ScoreResult, predictsNext: Bool) {
        self.result = result
        count = result.tokenIDs.count - (predictsNext ? 1 : 0)
    }

    var tokenIDs: [Int32] { Array(result.tokenIDs[..<count]) }
    /// What the prompt's tokens read as, where that was asked for.
    var tokens: [String]? { result.tokens }
    /// Spans of the prompt's tokens in its text, with their blanks; nil where it was given as ids, or they were not asked for.
    var offsets: [Range<Int>]? { result.offsets }

    /// The token at a position with its log-prob: behind the prompt's last, the likeliest one.
    func realized(_ position: Int) -> Token {
        guard position == count else {
            return Token(id: result.tokenIDs[position], logProb: result.teacherLogProbs[position])
        }
        return likeliest(position, 1)[0]
    }

    /// The k likeliest tokens at a position, the likeliest first; none where nothing predicts one.
    func likeliest(_ position: Int, _ k: Int) -> [Token] {
        guard let top = result.top, k > 0, !result.teacherLogProbs[position].isNaN else { return [] }
        let row = position * top.k..<position * top.k + min(k, top.k)
        return row.map { Token(id: top.tokenIDs[$0], logProb: top.logProbs[$0]) }
    }
}
