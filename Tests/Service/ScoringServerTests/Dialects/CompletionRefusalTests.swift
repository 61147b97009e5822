import Foundation
import HTTPSockets
import JSONValues
import ScoringAPI
import ScoringServer
import Testing

/// What POST /v1/completions refuses, and how it says so.
@Suite struct CompletionRefusalTests {
    private static let path = "/v1/completions"
    private static let harness =
        #"{"model":"demo-teacher","prompt":[[5,9,2,7],[8,8]],"temperature":0,"max_tokens":1,"logprobs":1,"seed":1234,"echo":true}"#

    @Test(arguments: Transport.allCases)
    func errorsHaveTheDialectsFormAndStatus(_ transport: Transport) async throws {
        try await withService(transport) { test in
            for (body, status, code, param) in [
                ("{", 400, "malformed-json", JSONValue.null),
                (#"{"prompt":[5,9],"max_tokens":16}"#, 400, "invalid-field", .string("max_tokens")),
                (#"{"prompt":[[5,9],[5,300]],"max_tokens":0,"echo":true}"#, 400, "invalid-input", .string("prompt[1]")),
                (#"{"prompt":[[5,9],[5,-1]],"max_tokens":0,"echo":true}"#, 400, "invalid-input", .string("prompt[1]")),
                (#"{"prompt":[[]],"max_tokens":1,"temperature":0}"#, 400, "invalid-input", .string("prompt[0]")),
                (#"{"prompt":"","max_tokens":1,"temperature":0}"#, 400, "invalid-input", .string("prompt[0]")),
                (#"{"prompt":[5],"max_tokens":1,"model":"other","temperature":0}"#, 404, "unknown-model", .null),
                (
                    #"{"prompt":[5],"max_tokens":1,"logprobs":65,"temperature":0}"#, 413, "request-too-large",
                    .string("logprobs")
                ),
                (
                    #"{"prompt":[5],"max_tokens":1,"prompt_logprobs":65}"#, 413, "request-too-large",
                    .string("prompt_logprobs")
                ),
                (#"{"prompt":[290],"max_tokens":0,"echo":true}"#, 400, "invalid-input", .null),
                (#"{"prompt":[299,5],"max_tokens":1,"temperature":0}"#, 500, "internal", .null),
            ] {
                let reply = try test.caller.post(Self.path, body)
                let error = try reply.dialectError()
                #expect(reply.status == status && error.code == code && error.param == param, "\(body): \(reply.text)")
                #expect(!error.message.hasPrefix("inputs") && reply.fields["X-Request-Id"] != nil)
            }
            let media = try test.caller.send("POST", Self.path, ["Content-Type": "text/html"], [0x20])
            #expect(try media.status == 415 && media.dialectError().code == "unsupported-media-type")
            let accept = try test.caller.post(Self.path, Self.harness, ["Accept": "text/html"])
            #expect(try accept.status == 406 && accept.dialectError().code == "not-acceptable")
            let pin = Self.harness.replacing(
                "\"seed\":1234", with: "\"scores_fingerprint\":\"\(String(repeating: "0", count: 64))\"")
            #expect(try test.caller.post(Self.path, pin).status == 409)
        }
    }

    /// What goes wrong while the body of an admitted request arrives is said as everything else is.
    @Test func aBodyThatDoesNotArriveIsRefusedInTheDialectsForm() async throws {
        let roomy = ServiceLimits(maxBodyBytes: 2000)
        let tight = ServiceLimits(maxBodyBytes: 20_000, maxBufferedBytes: 60_000)
        let long = "BB8\r\n" + String(repeating: " ", count: 3000) + "\r\n0\r\n\r\n"
        for (limits, body, status, code) in [
            (roomy, long, 413, "body-too-large"), (roomy, "x\r\n", 400, "bad-request"),
            (tight, "2\r\n{}\r\n0\r\n\r\n", 503, "overloaded"),
        ] {
            try await withService(.live, .init(limits: limits, pages: PageRules(origins: ["https://a.example"]))) {
                test in
                let port = try #require(test.caller.port)
                for path in [Self.path, "/tokenize", "/generate"] {
                    let head =
                        "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nX-Request-Id: mine-1\r\n"
                        + "Origin: https://a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                    let reply = try LiveExchange.run(port: port, bytes: Array((head + body).utf8))
                    #expect(try reply.status == status && reply.dialectError().code == code, "\(path): \(reply.text)")
                    #expect(reply.fields["X-Request-Id"] == "mine-1")
                    #expect(reply.fields["Access-Control-Allow-Origin"] == "https://a.example")
                }
                let metrics = try test.caller.get("/metrics").text
                #expect(metrics.contains("route=\"completions\",status=\"\(status)\""), "\(metrics)")
                let line = try #require(test.log.lines.first { $0.metadata["id"] == "mine-1" })
                #expect(line.metadata["problem"] == code && line.metadata["route"] == "completions")
            }
        }
    }

    /// A document may be as long as ever where nothing is wanted behind it.
    @Test func aTokenBehindThePromptNeedsAPlace() async throws {
        var limits = ServiceLimits()
        limits.maxSequenceTokens = 4
        try await withService(.inProcess, .init(limits: limits)) { test in
            func ask(_ ids: String, _ maxTokens: Int) throws -> Reply {
                try test.caller.post(Self.path, "{\"prompt\":\(ids),\"max_tokens\":\(maxTokens),\"prompt_logprobs\":1}")
            }
            #expect(try ask("[5,9,2]", 1).status == 200)
            #expect(try ask("[5,9,2,7]", 0).status == 200)
            for (ids, maxTokens, count) in [
                ("[5,9,2,7]", 1, "4 tokens and one more"), ("[5,9,2,7,8]", 1, "5 tokens"),
                ("[5,9,2,7,8]", 0, "5 tokens"),
            ] {
                let reply = try ask(ids, maxTokens)
                let error = try reply.dialectError()
                #expect(reply.status == 400 && error.code == "sequence-too-long" && error.message.contains(count))
            }
            let models = try test.caller.get("/v1/models").json()
            guard case .array(let data)? = models[key: "data"], case .object(let model)? = data.first else {
                throw Reply.NotAnObject()
            }
            #expect(models[key: "object"] == .string("list") && data.count == 1)
            #expect(model[key: "id"] == .string("demo-teacher") && model[key: "max_model_len"] == .integer(4))
        }
    }

    @Test func limitsHoldHereToo() async throws {
        var limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 50, maxQueuedTokens: 200)
        limits.maxInputs = 2
        try await withService(.inProcess, .init(limits: limits)) { test in
            let ids = "[" + (0..<40).map { "\($0)" }.joined(separator: ",") + "]"
            for (prompts, extra, code) in [
                ("[\(ids),\(ids),\(ids)]", "", "too-many-inputs"),
                ("[\(ids),\(ids)]", #","prompt_logprobs":2"#, "request-too-large"),
            ] {
                let body = "{\"prompt\":\(prompts),\"max_tokens\":1,\"temperature\":0\(extra)}"
                let reply = try test.caller.post(Self.path, body)
                #expect(try reply.status == 413 && reply.dialectError().code == code, "\(reply.text)")
            }
        }
    }

    @Test func aFullQueueIs503WithATimeToComeBack() async throws {
        let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 50, maxQueuedTokens: 50)
        try await withService(.live, .init(holdsEngine: true, limits: limits)) { test in
            let ids = (0..<30).map { "\($0)" }.joined(separator: ",")
            let waiting = Thread {
                _ = try? test.caller.post("/v1/logprobs", "{\"inputs\":[{\"token_ids\":[\(ids)]}]}")
            }
            waiting.start()
            test.teacher.waitUntilEntered()
            let refused = try test.caller.post(
                Self.path, "{\"prompt\":[9,\(ids)],\"max_tokens\":0,\"prompt_logprobs\":0}")
            #expect(try refused.status == 503 && refused.dialectError().code == "queue-full")
            #expect(Int(refused.fields["Retry-After"] ?? "") ?? 0 >= 1)
        }
    }

    @Test func keysAndRatesHoldHereToo() async throws {
        let keys = "ring:secret-of-the-ring tokens-per-minute=10"
        try await withService(.inProcess, .init(keys: keys)) { test in
            let without = try test.caller.post(Self.path, Self.harness)
            #expect(try without.status == 401 && without.dialectError().code == "unauthorized")
            #expect(without.fields["WWW-Authenticate"] != nil)
            let key = ["Authorization": "Bearer secret-of-the-ring"]
            #expect(try test.caller.post(Self.path, Self.harness, key).status == 200)
            var last = try test.caller.post(Self.path, Self.harness, key)
            last = try test.caller.post(Self.path, Self.harness, key)
            #expect(try last.status == 429 && last.dialectError().code == "rate-limited")
            #expect(last.fields["Retry-After"] != nil)
        }
    }

    @Test func whileModelsLoadItSaysSo() async throws {
        try await withService(.inProcess, .init(becomesReady: false)) { test in
            let reply = try test.caller.post(Self.path, Self.harness)
            #expect(try reply.status == 503 && reply.dialectError().code == "loading")
            #expect(reply.fields["Retry-After"] == "5")
        }
    }

    @Test func withoutDialectsThereAreNone() async throws {
        try await withService(.inProcess, .init(hasDialects: false)) { test in
            let reply = try test.caller.post(Self.path, Self.harness)
            #expect(try reply.status == 404 && Problem(json: reply.body).kind == .notFound)
        }
    }
}
