import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import Testing

/// `top_k` on /v1/logprobs.
@Suite struct TopKRouteTests {
    private static let body =
        #"{"inputs":[{"id":"a","token_ids":[5,9,2,7],"document_starts":[0,2]},{"token_ids":[8]}],"top_k":3}"#

    private func expected(_ test: TestService, _ documents: [[Int32]]) -> TopTokens {
        var top = TopTokens(k: 3, tokenIDs: [], logProbs: [])
        for (id, logProb) in zip(documents.flatMap(\.self), documents.flatMap { test.teacher.logProbs(of: $0) }) {
            for place in 0..<3 {
                top.tokenIDs.append(logProb.isNaN ? -1 : (id + Int32(place)) % Int32(FakeEngine.vocabularySize))
                top.logProbs.append(logProb - Float(place))
            }
        }
        return top
    }

    private func same(_ a: TopTokens?, _ b: TopTokens) -> Bool {
        guard let a else { return false }
        return a.k == b.k && a.tokenIDs == b.tokenIDs
            && zip(a.logProbs, b.logProbs).allSatisfy { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern }
    }

    @Test(arguments: Transport.allCases)
    func allFormsCarryThem(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post("/v1/logprobs", Self.body)
            #expect(reply.text.contains(#""topk_token_ids":[null,[9,10,11],null,[7,8,9]],"topk_logprobs":[null,[-"#))
            #expect(reply.text.contains(#""topk_token_ids":[null],"topk_logprobs":[null]"#))
            let response = try ScoreResponse(json: reply.body)
            #expect(response.topK == 3)
            let first = expected(test, [[5, 9], [2, 7]])
            #expect(same(response.results[0].top, first))

            let lines = try test.caller.post("/v1/logprobs", Self.body, ["Accept": "application/x-ndjson"])
            let results = try lines.body.split(separator: 0x0A).map { try ScoreLine(json: Array($0)) }
            #expect(results.count == 2)
            for line in results {
                guard case .result(let index, _, nil, _, let result) = line else { throw Reply.NotAnObject() }
                #expect(same(result.top, index == 0 ? first : expected(test, [[8]])))
            }

            let type = MediaType.safetensors.rawValue
            let request = BinaryScoreRequest(
                tokenIDs: [5, 9, 2, 7, 8], sequenceStarts: [0, 4, 5], documentStarts: [0, 2, 4], topK: 3)
            let binary = try test.caller.send(
                "POST", "/v1/logprobs", ["Content-Type": type], request.safetensors())
            #expect(
                same(
                    try BinaryScoreResponse(safetensors: binary.body).top, expected(test, [[5, 9], [2, 7], [8]])))
            #expect(test.service.queue.cachedTokens > 0)

            // Without top_k everything is as it ever was, the log-probs too.
            let plain = try test.caller.post("/v1/logprobs", Self.body.replacing(#","top_k":3"#, with: ""))
            #expect(!plain.text.contains("top"))
            #expect(
                try ScoreResponse(json: plain.body).results[0].teacherLogProbs.map(\.bitPattern)
                    == response.results[0].teacherLogProbs.map(\.bitPattern))
            #expect(plain.fields["X-Cached-Tokens"] == "4" && plain.fields["X-Scored-Tokens"] == "0")
        }
    }

    @Test(arguments: [
        ("-1", ProblemKind.invalidField), ("65", .requestTooLarge), ("1.5", .invalidField), ("null", .invalidField),
        (#""3""#, .invalidField), ("99999999999999999999", .invalidField),
    ])
    func isRefusedBeyondItsRange(_ value: String, _ kind: ProblemKind) async throws {
        try await withService(.inProcess) { test in
            let reply = try test.caller.post("/v1/logprobs", Self.body.replacing(":3}", with: ":\(value)}"))
            let problem = try Problem(json: reply.body)
            #expect(reply.status == (kind == .requestTooLarge ? 413 : 400) && problem.kind == kind)
            #expect(problem.extensions[key: "path"] == .string("top_k"))
            #expect(!problem.title.contains("tokens"), "it is one token, of which too many others were asked for")
        }
    }

    @Test func limitsAreStated() async throws {
        var limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 50, maxQueuedTokens: 200)
        limits.maxTopK = 500
        try await withService(.inProcess, .init(limits: limits)) { test in
            // No more than the vocabulary.
            let info = try InfoResponse(json: test.caller.get("/info").body)
            #expect(info.limits.maxTopK == FakeEngine.vocabularySize)
            let ids = (0..<50).map { "\($0)" }.joined(separator: ",")
            func ask(_ topK: Int) throws -> Reply {
                try test.caller.post("/v1/logprobs", #"{"inputs":[{"token_ids":[\#(ids)]}],"top_k":\#(topK)}"#)
            }
            #expect(try ask(3).status == 200)
            let problem = try Problem(json: ask(4).body)
            #expect(problem.kind == .requestTooLarge && problem.extensions[key: "actual"] == .integer(250))
            let beyond = try Problem(json: ask(FakeEngine.vocabularySize + 1).body)
            #expect(beyond.extensions[key: "limit"] == .integer(FakeEngine.vocabularySize))
        }
    }

    /// Weights have no use for it.
    @Test func isUnknownToWeights() async throws {
        try await withService(.inProcess) { test in
            let reply = try test.caller.post("/v1/weights", Self.body)
            #expect(try Problem(json: reply.body).kind == .invalidField)
        }
    }
}
