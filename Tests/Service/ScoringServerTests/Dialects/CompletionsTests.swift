import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import Testing

/// POST /v1/completions, beside /v1/logprobs.
@Suite struct CompletionsTests {
    private static let path = "/v1/completions"
    private static let harness =
        #"{"model":"demo-teacher","prompt":[[5,9,2,7],[8,8]],"temperature":0,"max_tokens":1,"logprobs":1,"seed":1234,"echo":true}"#

    @Test(arguments: Transport.allCases)
    func theHarnessGetsTheSameLogProbsAndOneTokenMore(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post(Self.path, Self.harness)
            #expect(reply.status == 200 && reply.fields["Content-Type"] == "application/json")
            #expect(reply.fields["X-Scored-Tokens"] == "8")
            let choices = try reply.choices()
            #expect(choices.count == 2)
            for (choice, ids) in zip(choices, ["[5,9,2,7]", "[8,8]"]) {
                let own = try test.caller.post("/v1/logprobs", "{\"inputs\":[{\"token_ids\":\(ids)}]}").json()
                guard case .array(let results)? = own[key: "results"], case .object(let result)? = results.first,
                    case .array(let expected)? = result[key: "teacher_logprobs"]
                else { throw Reply.NotAnObject() }
                #expect(choice.tokenLogProbs.dropLast() == expected[...])
                #expect(choice.tokenLogProbs.count == expected.count + 1)
            }
            // What ends with a token of the server's own is kept for nobody.
            #expect(try test.caller.post(Self.path, Self.harness).fields["X-Cached-Tokens"] == "0")
        }
    }

    @Test func whatIsKnownIsNotComputedAgain() async throws {
        try await withService(.inProcess) { test in
            _ = try test.caller.post("/v1/logprobs", #"{"inputs":[{"token_ids":[5,9,2,7]}]}"#)
            let reply = try test.caller.post(
                Self.path, #"{"prompt":[5,9,2,7],"max_tokens":0,"prompt_logprobs":0}"#)
            #expect(reply.fields["X-Cached-Tokens"] == "4" && reply.fields["X-Scored-Tokens"] == "0")
            let logProbs = test.teacher.logProbs(of: [5, 9, 2, 7])
            #expect(reply.text.contains("{\"9\":{\"logprob\":\(logProbs[1]),\"rank\":null,"))
        }
    }

    @Test func textsAreTokenizedAsElsewhere() async throws {
        try await withService(.inProcess, .init(addsSpecial: true)) { test in
            let reply = try test.caller.post(
                Self.path, #"{"prompt":"é+","max_tokens":0,"echo":true,"logprobs":0,"return_token_ids":true}"#)
            let choice = try #require(try reply.choices().first)
            #expect(choice[key: "text"] == .string("é+"))
            guard case .array(let ids)? = choice[key: "prompt_token_ids"] else { throw Reply.NotAnObject() }
            // The special token, two bytes of é, +.
            #expect(ids.count == 4 && ids[0] == .integer(256))
            #expect(reply.text.contains(#""text_offset":[0,0,0,1]"#))
            let plain = try test.caller.post(
                Self.path,
                #"{"prompt":"é+","max_tokens":0,"echo":true,"logprobs":0,"add_special_tokens":false}"#)
            #expect(try #require(try plain.choices().first).tokenLogProbs.count == 3)
            let ofIDs = try test.caller.post(
                Self.path, #"{"prompt":[256,10],"max_tokens":0,"echo":true,"logprobs":0}"#)
            #expect(ofIDs.text.contains(#""text":"<|end|>+""#))
        }
    }

    /// Also where the tokenizer leaves blanks out of the spans that /v1/logprobs shows.
    @Test func offsetsAreWhereTokensBegin() async throws {
        try await withService(.inProcess, .init(addsSpecial: true, trimsOffsets: true)) { test in
            let reply = try test.caller.post(
                Self.path, #"{"prompt":"  a   b \n","max_tokens":0,"echo":true,"logprobs":0}"#)
            #expect(reply.text.contains(#""tokens":["<|end|>"," "," ","a"," "," "," ","b"," ","\n"]"#), "\(reply.text)")
            #expect(reply.text.contains(#""text_offset":[0,0,1,2,3,4,5,6,7,8]"#), "\(reply.text)")
            let own = try test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"a  b"}]}"#)
            #expect(own.text.contains(#""offsets":[[0,0],[0,1],[2,2],[3,3],[3,4]]"#), "\(own.text)")
        }
    }

    /// The memory that is claimed holds the largest answer there is to a request, twice: bytes that grow are copied.
    @Test func answersFitTheirMemory() async throws {
        var limits = ServiceLimits()
        limits.maxTopK = 20
        try await withService(.inProcess, .init(limits: limits)) { test in
            let ids = (0..<60).map { "\($0 + 190)" }.joined(separator: ",")
            let reply = try test.caller.post(
                Self.path,
                "{\"prompt\":[\(ids)],\"max_tokens\":1,\"echo\":true,\"logprobs\":20,\"prompt_logprobs\":20,\"return_token_ids\":true}"
            )
            #expect(reply.status == 200 && 2 * reply.body.count <= 61 * (160 + 20 * 48 + 2 * 21 * 256))
        }
    }
}
