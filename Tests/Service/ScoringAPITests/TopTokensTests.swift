import JSONValues
import ScoringAPI
import Testing

/// What a client takes for a row of likeliest tokens.
@Suite struct TopTokensTests {
    private static let hex = String(repeating: "4e", count: 32)
    private static let nan = Float.nan

    @Test func aGoodAnswerIsTaken() throws {
        let top = TopTokens(
            k: 2, tokenIDs: [-1, -1, 4, 2, 0, 9], logProbs: [.nan, .nan, -0.5, -0.9333, -0.6931, -0.6931])
        try top.check(teacherLogProbs: [.nan, -3, -1], vocabularySize: 10)
        try TopTokens(k: 1, tokenIDs: [3], logProbs: [0]).check(teacherLogProbs: [-1])
    }

    @Test(arguments: [
        TopTokens(k: 2, tokenIDs: [1, 2], logProbs: [-1, -2]),  // too few rows
        TopTokens(k: 2, tokenIDs: [1, 2, 3, 4], logProbs: [-1, -2, -1, -2]),  // ids where nothing is predicted
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, -1], logProbs: [nan, nan, -1, -2]),
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 10], logProbs: [nan, nan, -1, -2]),  // beyond the vocabulary
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 3], logProbs: [nan, nan, -1, -2]),  // twice
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 4], logProbs: [nan, nan, -2, -1]),  // rising
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 4], logProbs: [nan, nan, -2, nan]),
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 4], logProbs: [nan, nan, -2, -.infinity]),
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 4], logProbs: [nan, nan, 0.5, -2]),  // above 1
        TopTokens(k: 2, tokenIDs: [-1, -1, 3, 4], logProbs: [nan, nan, -0.5, -0.6]),  // together above 1
        TopTokens(k: 0, tokenIDs: [], logProbs: []),
    ])
    func aBadOneIsNot(_ top: TopTokens) {
        #expect(throws: WireError.self) { try top.check(teacherLogProbs: [.nan, -3], vocabularySize: 10) }
    }

    /// A row, a shape or a k that contradicts another part of the answer.
    @Test(arguments: [
        #""topk_token_ids":[null,[1,2]],"topk_logprobs":[null,[-1]]"#, #""topk_token_ids":[null,[1,2]]"#,
        #""topk_token_ids":[null,[]],"topk_logprobs":[null,[]]"#, #""topk_token_ids":[null],"topk_logprobs":[null]"#,
        #""topk_token_ids":[null,[1]],"topk_logprobs":[null,[-1]]"#,
        #""topk_token_ids":[[1,2],[1,2]],"topk_logprobs":[[-1,-2],[-1,-2]]"#,
    ])
    func jsonThatContradictsItselfIsRefused(_ members: String) throws {
        func answer(_ members: String) -> [UInt8] {
            let identity = ["model", "model_fingerprint", "tokenizer_fingerprint", "scores_fingerprint"]
                .map { "\"\($0)\":\"\(Self.hex)\"" }.joined(separator: ",")
            return Array(
                "{\(identity),\"top_k\":2,\"results\":[{\"token_ids\":[3,4],\"teacher_logprobs\":[null,-1],\(members)}]}"
                    .utf8)
        }
        let good = try ScoreResponse(
            json: answer(#""topk_token_ids":[null,[1,2]],"topk_logprobs":[null,[-1,-2]]"#))
        #expect(good.results[0].top?.tokenIDs == [-1, -1, 1, 2])
        #expect(throws: WireError.self) { try ScoreResponse(json: answer(members)) }
    }
}
