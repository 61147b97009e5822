import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import Testing

/// `entropy` and `temperatures` on /v1/logprobs.
@Suite struct TemperedRouteTests {
    private static let inputs =
        #""inputs":[{"id":"a","token_ids":[5,9,2,7],"document_starts":[0,2]},{"token_ids":[8]}]"#
    private static let body = #"{\#(inputs),"entropy":true,"temperatures":[2,0.5]}"#

    private func expected(_ test: TestService, _ documents: [[Int32]]) -> TemperedTokens {
        let logProbs = documents.flatMap { test.teacher.logProbs(of: $0) }
        return TemperedTokens(
            entropy: logProbs.map { -$0 }, logSumExps: [logProbs, logProbs.map { $0 * -0.5 }],
            entropies: [logProbs.map { $0 * -2 }, logProbs.map { $0 * -0.5 }])
    }

    private func same(_ a: TemperedTokens, _ b: TemperedTokens) -> Bool {
        func bits(_ tokens: TemperedTokens) -> [[UInt32]] {
            ([tokens.entropy ?? []] + tokens.logSumExps + tokens.entropies).map { values in
                values.map { $0.isNaN ? 1 : $0.bitPattern }
            }
        }
        return bits(a) == bits(b)
    }

    @Test(arguments: Transport.allCases)
    func allFormsCarryThem(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post("/v1/logprobs", Self.body)
            #expect(reply.text.contains(#""entropy":true,"temperatures":[2.0,0.5]"#), "\(reply.text)")
            #expect(reply.text.contains(#""teacher_entropy":[null],"logsumexp":[[null],[null]],"tempered_entropy":[["#))
            let response = try ScoreResponse(json: reply.body)
            #expect(response.tempered == TemperedChoice(entropy: true, temperatures: [2, 0.5]))
            let first = expected(test, [[5, 9], [2, 7]])
            #expect(same(response.results[0].tempered, first))

            let lines = try test.caller.post("/v1/logprobs", Self.body, ["Accept": "application/x-ndjson"])
            let results = try lines.body.split(separator: 0x0A).map { try ScoreLine(json: Array($0)) }
            #expect(results.count == 2)
            for line in results {
                guard case .result(let index, _, nil, let choice, let result) = line else {
                    throw Reply.NotAnObject()
                }
                #expect(choice == response.tempered)
                #expect(same(result.tempered, index == 0 ? first : expected(test, [[8]])))
            }

            let type = MediaType.safetensors.rawValue
            let request = BinaryScoreRequest(
                tokenIDs: [5, 9, 2, 7, 8], sequenceStarts: [0, 4, 5], documentStarts: [0, 2, 4],
                tempered: response.tempered)
            let binary = try test.caller.send("POST", "/v1/logprobs", ["Content-Type": type], request.safetensors())
            let flat = try BinaryScoreResponse(safetensors: binary.body)
            #expect(flat.temperedChoice == response.tempered)
            #expect(same(flat.tempered, expected(test, [[5, 9], [2, 7], [8]])))

            // Without them everything is as it ever was, the log-probs too.
            let plain = try test.caller.post("/v1/logprobs", "{\(Self.inputs)}")
            #expect(!plain.text.contains("entropy") && !plain.text.contains("logsumexp"))
            #expect(
                try ScoreResponse(json: plain.body).results[0].teacherLogProbs.map(\.bitPattern)
                    == response.results[0].teacherLogProbs.map(\.bitPattern))
            #expect(plain.fields["X-Cached-Tokens"] == "4" && plain.fields["X-Scored-Tokens"] == "0")
        }
    }

    @Test func eachCanBeHadAlone() async throws {
        try await withService(.inProcess) { test in
            let entropy = try ScoreResponse(
                json: test.caller.post("/v1/logprobs", #"{\#(Self.inputs),"entropy":true}"#).body)
            let all = expected(test, [[5, 9], [2, 7]])
            #expect(same(entropy.results[0].tempered, TemperedTokens(entropy: all.entropy)))
            let one = try ScoreResponse(
                json: test.caller.post("/v1/logprobs", #"{\#(Self.inputs),"temperatures":[1],"entropy":true}"#).body)
            #expect(one.results[0].tempered.entropies.count == 1 && one.results[0].tempered.entropy != nil)
            let none = try test.caller.post("/v1/logprobs", #"{\#(Self.inputs),"temperatures":[],"entropy":false}"#)
            #expect(none.status == 200 && !none.text.contains("entropy") && !none.text.contains("temperatures"))
        }
    }

    @Test(arguments: [
        ("0", "temperatures[0]"), ("-1", "temperatures[0]"), ("0.009", "temperatures[0]"), ("101", "temperatures[0]"),
        ("1e999", "temperatures[0]"), ("null", "temperatures[0]"), (#""2""#, "temperatures[0]"),
        ("2,2", "temperatures[1]"), ("2,2.0", "temperatures[1]"), ("1,2,3,4,5", "temperatures[4]"),
    ])
    func isRefusedBeyondItsRange(_ values: String, _ path: String) async throws {
        try await withService(.inProcess) { test in
            let reply = try test.caller.post("/v1/logprobs", #"{\#(Self.inputs),"temperatures":[\#(values)]}"#)
            let problem = try Problem(json: reply.body)
            #expect(reply.status == 400 && problem.kind == .invalidField, "\(reply.text)")
            #expect(problem.extensions[key: "path"] == .string(path))
            let binary = try test.caller.send(
                "POST", "/v1/weights", [:], Array(#"{\#(Self.inputs),"temperatures":[2]}"#.utf8))
            #expect(try Problem(json: binary.body).kind == .invalidField)
        }
    }

    /// Each temperature counts as a token does, and entropy as one.
    @Test func limitsAreThoseOfTheQueue() async throws {
        let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 50, maxQueuedTokens: 200)
        try await withService(.inProcess, .init(limits: limits)) { test in
            let ids = (0..<50).map { "\($0)" }.joined(separator: ",")
            func ask(_ members: String) throws -> Reply {
                try test.caller.post("/v1/logprobs", #"{"inputs":[{"token_ids":[\#(ids)]}],\#(members)}"#)
            }
            #expect(try ask(#""temperatures":[2,3,4]"#).status == 200)
            let problem = try Problem(json: ask(#""temperatures":[2,3,4],"entropy":true"#).body)
            #expect(problem.kind == .requestTooLarge && problem.extensions[key: "actual"] == .integer(250))
            #expect(problem.detail.contains("4 temperatures"))
            #expect(try ask(#""temperatures":[1,3,4],"entropy":true"#).status == 200)
        }
    }

    /// An engine elsewhere tells a few of the likeliest tokens; what is of all of them is refused, not estimated.
    @Test func anEngineElsewhereCannotTell() async throws {
        try await withService(.inProcess, .init(isElsewhere: true)) { test in
            for members in [#""entropy":true"#, #""temperatures":[2]"#] {
                let reply = try test.caller.post("/v1/logprobs", "{\(Self.inputs),\(members)}")
                let problem = try Problem(json: reply.body)
                #expect(reply.status == 422 && problem.kind == .engineUnable && problem.detail.contains("top_k"))
            }
            #expect(try test.caller.post("/v1/logprobs", #"{\#(Self.inputs),"top_k":2}"#).status == 200)
        }
    }
}
