import Foundation
import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// What a request may cost, whichever route it takes.
@Suite struct RequestCostTests {
    private static let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 64)

    private static func tokenize(_ text: String) -> String {
        String(decoding: TokenizeRequest(text: text).json(), as: UTF8.self)
    }

    @Test(arguments: Transport.allCases)
    func tokensOfTheTokenRoutesAreLimited(_ transport: Transport) async throws {
        try await withService(transport, .init(limits: Self.limits)) { test in
            let (fits, over) = (String(repeating: "a", count: 100), String(repeating: "a", count: 101))
            #expect(try test.caller.post("/v1/tokenize", Self.tokenize(fits)).status == 200)
            let ids = [Int32](repeating: 1, count: 101)
            let back = String(decoding: DetokenizeRequest(tokenIDs: ids).json(), as: UTF8.self)
            for (path, body) in [("/v1/tokenize", Self.tokenize(over)), ("/v1/detokenize", back)] {
                let reply = try test.caller.post(path, body)
                #expect(reply.status == 413)
                let problem = try Problem(json: reply.body)
                #expect(problem.kind == .requestTooLarge && problem.extensions[key: "limit"] == .integer(100))
                #expect(problem.extensions[key: "actual"] == .integer(101))
            }
        }
    }

    /// Nobody else asks, and nothing was scored: it says neither.
    @Test func whatTakesTooLongSaysHowLong() async throws {
        let limits = ServiceLimits(maxRequestTokens: 2_000_000)
        try await withService(.inProcess, .init(limits: limits)) { test in
            let ids = [String](repeating: "17", count: 1_000_000).joined(separator: ",")
            for (path, body) in [
                ("/v1/tokenize", Self.tokenize(String(repeating: "é ", count: 300_000))),
                ("/v1/detokenize", "{\"token_ids\":[\(ids)]}"),
            ] {
                let reply = try test.caller.post(path, body, ["X-Request-Timeout": "0.001"])
                let problem = try Problem(json: reply.body)
                #expect(reply.status == 503 && problem.kind == .deadlineExceeded, "\(path): \(reply.text)")
                #expect(problem.detail.contains("its time was 1.000 ms") && reply.fields["Retry-After"] == "1")
                #expect(!problem.detail.contains("is kept"))
            }
        }
    }

    /// Of a long text only the beginning is tokenized: what is said of its size is what was seen.
    @Test(arguments: ["/v1/tokenize", "/v1/logprobs"])
    func aLongTextIsNotTokenizedToItsEnd(_ path: String) async throws {
        try await withService(.inProcess, .init(limits: Self.limits)) { test in
            let text = String(repeating: "é", count: 1 << 20)
            let body = path == "/v1/tokenize" ? Self.tokenize(text) : #"{"inputs":[{"text":"\#(text)"}]}"#
            let reply = try test.caller.post(path, body)
            let actual = try Self.actual(reply)
            #expect(reply.status == 413)
            #expect(actual > 100)
            #expect(actual < text.utf8.count / 8)
        }
    }

    private static func actual(_ reply: Reply) throws -> Int {
        let problem = try Problem(json: reply.body)
        if case .integer(let actual)? = problem.extensions[key: "actual"] { return actual }
        return 0
    }

    @Test func whatATextTakesIsBounded() async throws {
        let limits = ServiceLimits(
            maxBodyBytes: 10_000, maxBufferedBytes: 20_000, maxRequestTokens: 100, maxBatchTokens: 64)
        try await withService(.live, .init(limits: limits)) { test in
            // 64 bytes of working memory a byte of text.
            let long = try test.caller.post("/v1/tokenize", Self.tokenize(String(repeating: "a", count: 400)))
            #expect(try long.status == 413 && Problem(json: long.body).kind == .requestTooLarge)
            #expect(try test.caller.post("/v1/tokenize", Self.tokenize("abc")).status == 200)
        }
    }

    /// Two bytes of JSON are a number of eight in an array that grows; twelve are an input.
    @Test func whatABodyIsDecodedToIsBounded() async throws {
        let limits = ServiceLimits(
            maxBodyBytes: 20_000, maxBufferedBytes: 60_000, maxRequestTokens: 100, maxBatchTokens: 64)
        try await withService(.live, .init(limits: limits)) { test in
            let ids = [Int32](repeating: 1, count: 3000)
            let inputs = (0..<300).map { _ in #"{"text":"a"}"# }.joined(separator: ",")
            let oneEach = BinaryScoreRequest(tokenIDs: Array(ids[..<300]), sequenceStarts: Array(0...300))
            let json = ["Content-Type": MediaType.json.rawValue]
            let binary = ["Content-Type": MediaType.safetensors.rawValue, "Accept": MediaType.json.rawValue]
            let bodies: [(String, [String: String], [UInt8])] = [
                ("/v1/logprobs", json, ScoreRequest(inputs: [ScoreInput(content: .tokenIDs(ids))]).json()),
                ("/v1/weights", json, Array(#"{"inputs":[\#(inputs)]}"#.utf8)),
                ("/v1/detokenize", json, DetokenizeRequest(tokenIDs: ids).json()),
                ("/v1/logprobs", binary, oneEach.safetensors()),
            ]
            for (path, fields, body) in bodies {
                let reply = try test.caller.send("POST", path, fields, body)
                #expect(try reply.status == 413 && Problem(json: reply.body).kind == .bodyTooLarge, "\(reply.text)")
                #expect(reply.text.contains("--max-buffered-bytes"), "\(reply.text)")
            }
            #expect(try test.caller.post("/v1/logprobs", #"{"inputs":[{"token_ids":[1,2,3]}]}"#).status == 200)
        }
    }

    /// An empty prompt is three bytes of JSON.
    @Test func whatPromptsAreDecodedToIsBounded() async throws {
        let limits = ServiceLimits(maxBodyBytes: 20_000, maxBufferedBytes: 60_000)
        try await withService(.live, .init(limits: limits)) { test in
            for (path, field, rest) in [
                ("/v1/completions", "prompt", #""max_tokens":0,"echo":true"#),
                (
                    "/generate", "text",
                    #""sampling_params":{"max_new_tokens":0},"return_logprob":true,"logprob_start_len":0"#
                ),
            ] {
                let prompts = [String](repeating: "\"\"", count: 1_000).joined(separator: ",")
                let reply = try test.caller.post(path, "{\"\(field)\":[\(prompts)],\(rest)}")
                let error = try reply.dialectError()
                #expect(reply.status == 413 && error.code == "body-too-large", "\(reply.text)")
                #expect(error.message.contains("--max-buffered-bytes"))
            }
        }
    }

    /// No retry would help: it is said before anything is scored, and no key is charged.
    @Test(arguments: ["application/json", "application/x-ndjson"])
    func anAnswerThatNeverFitsIsRefusedBeforeItIsScored(_ accept: String) async throws {
        let limits = ServiceLimits(maxBodyBytes: 20_000, maxBufferedBytes: 100_000)
        let setup = TestService.Setup(keys: "slow:slow-secret tokens-per-minute=60", limits: limits)
        try await withService(.live, setup) { test in
            let fields = ["Accept": accept, "Authorization": "Bearer slow-secret"]
            let ids = (0..<50).map { "\($0)" }.joined(separator: ",")
            for _ in 0..<3 {
                let reply = try test.caller.post(
                    "/v1/logprobs", "{\"inputs\":[{\"token_ids\":[\(ids)]}],\"top_k\":64}", fields)
                #expect(try reply.status == 413 && Problem(json: reply.body).kind == .requestTooLarge, "\(reply.text)")
                #expect(reply.text.contains("--max-buffered-bytes") && reply.fields["Retry-After"] == nil)
            }
            #expect(test.service.queue.tokensPerSecond(of: test.teacher.scoresFingerprint) == nil, "nothing ran")
            #expect(try test.caller.post("/v1/logprobs", Self.small, fields).status == 200)
        }
    }

    private static let small = #"{"inputs":[{"token_ids":[1,2,3]}]}"#

    /// What a client wrote and the answer repeats: it may be most of the answer.
    @Test(arguments: ["application/json", "application/x-ndjson"])
    func namesOfInputsCount(_ accept: String) async throws {
        let limits = ServiceLimits(maxBodyBytes: 50_000, maxBufferedBytes: 250_000)
        try await withService(.live, .init(limits: limits)) { test in
            for (length, status) in [(100, 200), (20_000, 413)] {
                let id = String(repeating: "x", count: length)
                let body = #"{"inputs":[{"id":"\#(id)","token_ids":[1,2,3]}]}"#
                let reply = try test.caller.post("/v1/logprobs", body, ["Accept": accept])
                #expect(reply.status == status, "\(reply.text.prefix(200))")
            }
        }
    }

    /// What a client wrote stands in an error as far as it tells what was meant, however long it is.
    @Test func errorsRepeatLittle() async throws {
        try await withService(.inProcess) { test in
            let long = String(repeating: "y", count: 100_000)
            for (path, body, status) in [
                ("/v1/logprobs", "{\"model\":\"\(long)\",\"inputs\":[{\"token_ids\":[1,2]}]}", 404),
                ("/v1/weights", "{\"weighting\":\"\(long)\",\"inputs\":[{\"token_ids\":[1,2]}]}", 400),
                ("/v1/weights", "{\"centering\":\"\(long)\",\"inputs\":[{\"token_ids\":[1,2]}]}", 400),
                ("/v1/completions", "{\"model\":\"\(long)\",\"prompt\":[1,2],\"max_tokens\":0,\"echo\":true}", 404),
                ("/v1/tokenize", "{\"model\":\"\(long)\",\"text\":\"a\"}", 404),
            ] {
                let reply = try test.caller.post(path, body)
                #expect(reply.status == status && reply.text.contains("yyy"), "\(path) \(reply.status)")
                #expect(reply.body.count < 1_000, "\(path): \(reply.body.count) bytes")
            }
            let error = TeacherLoadError.unusable(path: long, reason: long)
            #expect(error.description.utf8.count < 10_000)
            #expect(TeacherLoadError.outside(path: long).description.utf8.count < 10_000)
        }
    }

    /// An option in the target would be passed over, and its default taken.
    @Test(arguments: Transport.allCases)
    func optionsStandInTheBody(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post("/v1/weights?epsilon=0.5", Self.small)
            let problem = try Problem(json: reply.body)
            #expect(reply.status == 400 && problem.kind == .invalidField && problem.detail.contains("epsilon=0.5"))
            let dialect = try test.caller.post("/tokenize?add_special_tokens=false", #"{"prompt":"a"}"#)
            #expect(try dialect.status == 400 && dialect.dialectError().code == "invalid-field")
            #expect(try test.caller.post("/v1/weights?", Self.small).status == 200)
            #expect(try test.caller.get("/health?from=probe").status == 200)
        }
    }

    @Test func tokensOfTheTokenRoutesCountForTheKeysRate() async throws {
        let setup = TestService.Setup(keys: "slow:slow-secret tokens-per-minute=70")
        try await withService(.inProcess, setup) { test in
            let key = ["Authorization": "Bearer slow-secret"]
            let text = Self.tokenize(String(repeating: "a", count: 100))
            #expect(try test.caller.post("/v1/tokenize", text, key).status == 200)
            for (path, body) in [("/v1/tokenize", Self.tokenize("a")), ("/v1/detokenize", #"{"token_ids":[1]}"#)] {
                let reply = try test.caller.post(path, body, key)
                #expect(try reply.status == 429 && Problem(json: reply.body).kind == .rateLimited, "\(path)")
                #expect(reply.fields["Retry-After"] != nil)
            }
        }
    }

    /// Who waits for a turn to compute waits no longer than its time, and not at all once its client has left.
    @Test func aTurnThatDoesNotComeInTimeIsRefused() async throws {
        try await onThread {
            let permits = WorkPermits(1)
            #expect(throws: Late.self) {
                try Self.take(permits, .seconds(60)) { try Self.take(permits, .milliseconds(20)) {} }
            }
            // The first turn is over: there is one again, even for who has no time left.
            try Self.take(permits, .seconds(-1)) {}
        }
    }

    private struct Late: Error {}

    private static func take(_ permits: WorkPermits, _ time: Duration, _ work: () throws -> Void) throws {
        let client = ConnectionMonitor(detachedPeer: "test")
        try permits.run(until: .now + time, for: client, orThrow: Late(), work)
    }

    @Test(arguments: ["inf", "0x10", "1e2", " 5", "5.", ".5", "-1", "1,5", "0", "nan", ""])
    func aTimeIsDecimal(_ text: String) async throws {
        try await withService(.inProcess) { test in
            for (path, body) in [
                ("/v1/tokenize", Self.tokenize("a")), ("/v1/logprobs", #"{"inputs":[{"text":"ab"}]}"#),
            ] {
                let head = "POST \(path) HTTP/1.1\r\nHost: test\r\nX-Request-Timeout: \(text)\r\n\r\n"
                let decision = test.caller.handler.decide(
                    try RequestParsing.head(Array(head.utf8)), connection: ConnectionMonitor(detachedPeer: "test"))
                guard case .answer(let response) = decision else {
                    #expect(text == " 5", "\(path)")
                    continue
                }
                #expect(response.status == 400)
                #expect(try test.caller.post(path, body, ["X-Request-Timeout": "5.25"]).status == 200)
            }
        }
    }

    @Test(arguments: ["/info", "/health"])
    func twoAuthorizationsAreOneTooMany(_ path: String) async throws {
        try await withService(.inProcess, .init(keys: "a:some-secret")) { test in
            let field = "Authorization: Bearer some-secret\r\n"
            for (fields, status) in [(field, 200), (field + field, 400)] {
                let head = try RequestParsing.head(Array("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n".utf8))
                let connection = ConnectionMonitor(detachedPeer: "test")
                switch test.caller.handler.decide(head, connection: connection) {
                case .answer(let response): #expect(response.status == status)
                case .accept: #expect(status == 200)
                }
            }
        }
    }

    @Test func aLogProbThatCannotBeIsSaidWithItsPlace() async throws {
        for accept in ["application/json", "application/x-ndjson"] {
            try await withService(.inProcess) { test in
                let id = FakeEngine.impossibleID
                // What is streamed may begin before the fault is found: there it is the first input's.
                let item = accept.hasSuffix("ndjson") ? 0 : 1
                let first = item == 0 ? "" : #"{"token_ids":[1,2]},"#
                let body = #"{"inputs":[\#(first){"token_ids":[1,2,3,\#(id)],"document_starts":[0,2]}]}"#
                let reply = try test.caller.post("/v1/logprobs", body, ["Accept": accept])
                let problem = try Problem(json: reply.body)
                #expect(reply.status == 500 && problem.kind == .internalError, "\(reply.text)")
                #expect(problem.extensions[key: "item"] == .integer(item))
                #expect(problem.extensions[key: "position"] == .integer(3))
                #expect(problem.detail.contains("teacher") && problem.detail.contains("nan"), "\(problem.detail)")
            }
        }
    }

    @Test(arguments: [".", ".."])
    func aTeacherHasNoNameThatAPathLoses(_ name: String) async throws {
        try await withService(.inProcess) { test in
            let reply = try test.caller.post("/v1/teachers", #"{"name":"\#(name)","path":"second"}"#)
            #expect(try reply.status == 400 && Problem(json: reply.body).kind == .invalidField)
            #expect(ModelName.made(of: name) == "teacher")
        }
    }
}
