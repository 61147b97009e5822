import JSONValues
import ScoringAPI
import TestSupport
import Testing

/// What clients of other systems get of a running server with a real model.
@Suite struct DialectTests {
    private static func ids(_ count: Int) -> String {
        "[" + (0..<count).map { "\(($0 * 37 + count) % 590)" }.joined(separator: ",") + "]"
    }

    /// A token of the server's own stands behind each prompt, which changes no bit of those before it: whatever the length, also where
    /// blocks of rows and keys end. Its row is that of the longer prompt.
    @Test func aTokenBehindThePromptChangesNothingOfIt() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            for count in [1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 511] {
                let prompt = Self.ids(count)
                let reply = try server.post(
                    "/v1/completions",
                    "{\"prompt\":[\(prompt)],\"max_tokens\":1,\"temperature\":0,\"echo\":true,\"logprobs\":1,\"return_token_ids\":true}"
                )
                let choice = try Self.first("choices", of: reply.body)
                guard case .object(let scored)? = choice[key: "logprobs"],
                    case .array(let logProbs)? = scored[key: "token_logprobs"],
                    case .array(let tokens)? = choice[key: "token_ids"], case .integer(let token)? = tokens.first
                else { throw NotAsExpected() }
                let longer = prompt.dropLast() + ",\(token)]"
                let own = try ScoreResponse(
                    json: Array(
                        server.post(
                            "/v1/logprobs",
                            "{\"inputs\":[{\"token_ids\":\(prompt)},{\"token_ids\":\(longer)}],\"top_k\":1}"
                        ).body.utf8)
                ).results
                // Numbers are spelled so that the same bits are the same letters.
                let expected = own[0].teacherLogProbs.map { $0.isNaN ? JSONValue.null : .number(Double("\($0)")!) }
                #expect(logProbs.dropLast() == expected[...], "\(count) tokens")
                #expect(own[1].top?.tokenIDs.last == Int32(token), "\(count) tokens")
                #expect(logProbs.last == .number(Double("\(own[1].teacherLogProbs[count])")!), "\(count) tokens")
            }
            let full = try server.post(
                "/v1/completions", "{\"prompt\":\(Self.ids(512)),\"max_tokens\":1,\"temperature\":0}")
            #expect(full.status == 400 && full.body.contains("512 tokens and one more"))
        }
    }

    @Test func theyAreServedUnlessTheyAreTurnedOff() async throws {
        try await onThread {
            for (flags, status) in [([], 200), (["--no-dialects"], 404)] {
                let server = try LiveServer(model: Demo.teacher, arguments: flags)
                let completion = #"{"prompt":"17 + 25 =","max_tokens":1,"temperature":0}"#
                #expect(try server.post("/v1/completions", completion).status == status)
                #expect(try server.post("/tokenize", #"{"prompt":"17"}"#).status == status)
                #expect(try server.get("/tokenizer_info").status == status)
                #expect(try server.get("/v1/models").status == 200)
                #expect(try server.get("/info").body.contains("\"no_dialects\":\(!flags.isEmpty)"))
            }
        }
    }

    private struct NotAsExpected: Error {}

    private static func first(_ name: String, of body: String) throws -> JSONObject {
        guard case .object(let object) = try JSONValue(parsing: Array(body.utf8)),
            case .array(let values)? = object[key: name], case .object(let first)? = values.first
        else { throw NotAsExpected() }
        return first
    }
}
