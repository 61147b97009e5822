import JSONValues
import ScoringAPI
import Testing

/// What a client takes for entropies and normalizers.
@Suite struct TemperedTokensTests {
    private static let hex = String(repeating: "4e", count: 32)
    private static let nan = Float.nan
    private static let choice = TemperedChoice(entropy: true, temperatures: [2])

    @Test func aGoodAnswerIsTaken() throws {
        try TemperedTokens(entropy: [.nan, 0.5], logSumExps: [[.nan, -0.25]], entropies: [[.nan, 0]])
            .check(Self.choice, teacherLogProbs: [.nan, -3])
        try TemperedTokens().check(TemperedChoice(), teacherLogProbs: [.nan, -3])
    }

    @Test(arguments: [
        TemperedTokens(logSumExps: [[nan, 1]], entropies: [[nan, 1]]),  // no entropy
        TemperedTokens(entropy: [nan, 1], logSumExps: [[nan, 1]]),  // no entropies at T
        TemperedTokens(entropy: [nan, 1]),
        TemperedTokens(entropy: [nan, 1], logSumExps: [[nan, 1], [nan, 1]], entropies: [[nan, 1], [nan, 1]]),
        TemperedTokens(entropy: [nan], logSumExps: [[nan, 1]], entropies: [[nan, 1]]),  // too few
        TemperedTokens(entropy: [nan, 1], logSumExps: [[nan, 1, 1]], entropies: [[nan, 1]]),
        TemperedTokens(entropy: [1, 1], logSumExps: [[nan, 1]], entropies: [[nan, 1]]),  // where nothing is predicted
        TemperedTokens(entropy: [nan, nan], logSumExps: [[nan, 1]], entropies: [[nan, 1]]),
        TemperedTokens(entropy: [nan, -0.1], logSumExps: [[nan, 1]], entropies: [[nan, 1]]),  // below 0
        TemperedTokens(entropy: [nan, 1], logSumExps: [[nan, 1]], entropies: [[nan, -1]]),
        TemperedTokens(entropy: [nan, 1], logSumExps: [[nan, .infinity]], entropies: [[nan, 1]]),
        TemperedTokens(entropy: [nan, .infinity], logSumExps: [[nan, 1]], entropies: [[nan, 1]]),
    ])
    func aBadOneIsNot(_ tokens: TemperedTokens) {
        #expect(throws: WireError.self) { try tokens.check(Self.choice, teacherLogProbs: [.nan, -3]) }
    }

    @Test(arguments: [
        #""teacher_entropy":[null,1]"#, #""teacher_entropy":[null,1],"logsumexp":[[null,1]]"#,
        #""teacher_entropy":[null,1],"logsumexp":[[null,1]],"tempered_entropy":[[null]]"#,
        #""logsumexp":[[null,1]],"tempered_entropy":[[null,1]]"#,
        #""teacher_entropy":[null,1],"logsumexp":[null,1],"tempered_entropy":[[null,1]]"#,
    ])
    func jsonThatContradictsItselfIsRefused(_ members: String) throws {
        func answer(_ members: String) -> [UInt8] {
            let identity = ["model", "model_fingerprint", "tokenizer_fingerprint", "scores_fingerprint"]
                .map { "\"\($0)\":\"\(Self.hex)\"" }.joined(separator: ",")
            return Array(
                """
                {\(identity),"entropy":true,"temperatures":[2],\
                "results":[{"token_ids":[3,4],"teacher_logprobs":[null,-1],\(members)}]}
                """.utf8)
        }
        let good = try ScoreResponse(
            json: answer(#""teacher_entropy":[null,1],"logsumexp":[[null,1]],"tempered_entropy":[[null,2]]"#))
        #expect(good.results[0].tempered.entropies[0][1] == 2)
        #expect(throws: WireError.self) { try ScoreResponse(json: answer(members)) }
    }
}
