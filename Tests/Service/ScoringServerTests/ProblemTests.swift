import Foundation
import HTTPSockets
import JSONValues
import Logging
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

@Suite struct ProblemTests {
    struct Case: Sendable {
        var path = "/v1/weights"
        let body: String
        let kind: ProblemKind
        var members: JSONObject = [:]
    }

    static let cases: [Case] = [
        Case(body: "", kind: .malformedJSON),
        Case(body: "{", kind: .malformedJSON),
        Case(body: #"{"inputs":[]"#, kind: .malformedJSON),
        Case(body: "[]", kind: .invalidField),
        Case(body: "{}", kind: .invalidField, members: ["path": .string("inputs")]),
        Case(body: #"{"inputs":[]}"#, kind: .invalidInput),
        Case(
            body: #"{"inputs":[{"text":"a"}],"inputs":[]}"#, kind: .malformedJSON, members: ["path": .string("inputs")]),
        Case(
            body: #"{"inputs":[{"text":"a"},{"tokenids":[1]}]}"#, kind: .invalidField,
            members: ["path": .string("inputs[1].tokenids")]),
        Case(body: #"{"inputs":[{"text":7}]}"#, kind: .invalidField, members: ["path": .string("inputs[0].text")]),
        Case(body: #"{"inputs":[{"text":"\ud800"}]}"#, kind: .malformedJSON),
        Case(body: #"{"inputs":[{"token_ids":[1.5]}]}"#, kind: .invalidField),
        Case(body: #"{"inputs":[{"token_ids":[1],"text":"a"}]}"#, kind: .invalidField),
        Case(body: #"{"inputs":[{"text":""}]}"#, kind: .invalidInput, members: ["item": .integer(0)]),
        Case(body: #"{"inputs":[{"token_ids":[]}]}"#, kind: .invalidInput, members: ["item": .integer(0)]),
        Case(
            body: #"{"inputs":[{"text":"a"},{"token_ids":[1,300]}]}"#, kind: .invalidInput,
            members: ["item": .integer(1), "position": .integer(1)]),
        Case(
            body: #"{"inputs":[{"token_ids":[1,-1]}]}"#, kind: .invalidInput,
            members: ["item": .integer(0), "position": .integer(1)]),
        Case(
            body: #"{"inputs":[{"token_ids":[1,2],"student_logprobs":[null,null]}]}"#, kind: .invalidInput,
            members: ["item": .integer(0), "position": .integer(1)]),
        Case(body: #"{"inputs":[{"token_ids":[1,2],"student_logprobs":[-1]}]}"#, kind: .invalidInput),
        Case(body: #"{"inputs":[{"token_ids":[1,2],"document_starts":[1]}]}"#, kind: .invalidInput),
        Case(body: #"{"inputs":[{"text":"ab","document_starts":[0,2]}]}"#, kind: .invalidInput),
        Case(body: #"{"inputs":[{"text":"ab","loss_mask":[1]}]}"#, kind: .invalidInput),
        Case(
            body: #"{"inputs":[{"text":"a"}],"weighting":"magic"}"#, kind: .invalidField,
            members: ["path": .string("weighting")]),
        Case(
            body: #"{"inputs":[{"text":"a"}],"epsilon":1.5}"#, kind: .invalidField,
            members: ["path": .string("epsilon")]),
        Case(
            body: #"{"inputs":[{"text":"a"}],"centering":"none"}"#, kind: .invalidField,
            members: ["path": .string("centering")]),
        Case(body: #"{"inputs":[{"text":"a"}],"model":"other"}"#, kind: .unknownModel),
        Case(
            body: #"{"inputs":[{"text":"a"}],"model_fingerprint":"\#(String(repeating: "0", count: 64))"}"#,
            kind: .fingerprintMismatch,
            members: ["path": .string("model_fingerprint"), "expected": .string(String(repeating: "0", count: 64))]),
        Case(body: #"{"inputs":[{"text":"a"}],"model_fingerprint":"00"}"#, kind: .invalidField),
        Case(
            path: "/v1/logprobs", body: #"{"inputs":[{"text":"a"}],"epsilon":0.1}"#, kind: .invalidField,
            members: ["path": .string("epsilon")]),
        Case(
            body: #"{"inputs":[{"text":"\#(String(repeating: "a", count: 65))"}]}"#, kind: .sequenceTooLong,
            members: ["item": .integer(0), "position": .integer(0), "limit": .integer(64), "actual": .integer(65)]),
        Case(
            body: #"{"inputs":[\#([String](repeating: #"{"text":"a"}"#, count: 9).joined(separator: ","))]}"#,
            kind: .tooManyInputs, members: ["limit": .integer(8), "actual": .integer(9)]),
        Case(
            body: #"{"inputs":[{"token_ids":[\#(ids(60))]},{"token_ids":[\#(ids(41))]}]}"#, kind: .requestTooLarge,
            members: ["limit": .integer(100), "actual": .integer(101)]),
        Case(
            body: #"{"inputs":[{"text":"\#(String(repeating: "b", count: 5000))"}]}"#, kind: .bodyTooLarge,
            members: ["limit": .integer(4096)]),
        Case(path: "/v1/tokenize", body: #"{"text":"a","x":1}"#, kind: .invalidField, members: ["path": .string("x")]),
        Case(
            path: "/v1/detokenize", body: #"{"token_ids":[0,9999]}"#, kind: .invalidInput,
            members: ["position": .integer(1)]),
    ]

    private static func ids(_ count: Int) -> String { [String](repeating: "7", count: count).joined(separator: ",") }

    private static let limits = ServiceLimits(
        maxBodyBytes: 4096, maxInputs: 8, maxRequestTokens: 100, maxBatchTokens: 128, maxQueuedTokens: 1000)

    @Test(arguments: Transport.allCases)
    func wrongRequests(_ transport: Transport) async throws {
        try await withService(transport, .init(limits: Self.limits)) { test in
            for item in Self.cases {
                let reply = try test.caller.post(item.path, item.body, ["X-Request-Id": "case-1"])
                let shown = Comment(rawValue: "\(item.body.prefix(100)): \(reply.text)")
                #expect(reply.status == item.kind.status, shown)
                #expect(reply.fields["Content-Type"] == "application/problem+json", shown)
                let problem = try Problem(json: reply.body)
                #expect(problem.kind == item.kind, shown)
                #expect(problem.instance != nil, shown)
                for (key, value) in item.members.members { #expect(problem.extensions[key: key] == value, shown) }
            }
            // And it still works.
            #expect(try test.caller.post("/v1/weights", #"{"inputs":[{"text":"ab"}]}"#).status == 200)
        }
    }

    @Test func weightsWithoutAStudent() async throws {
        try await withService(.inProcess, .init(hasBase: false)) { test in
            let body = #"{"inputs":[{"token_ids":[1,2],"student_logprobs":[null,-1]},{"text":"ab"}]}"#
            let problem = try Problem(json: test.caller.post("/v1/weights", body).body)
            #expect(problem.kind == .studentMissing)
            #expect(problem.extensions[key: "item"] == .integer(1))
        }
    }

    @Test func malformedSafetensors() async throws {
        try await withService(.inProcess) { test in
            for body in [[UInt8](), [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 0x7B]] {
                let reply = try test.caller.send(
                    "POST", "/v1/weights", ["Content-Type": MediaType.safetensors.rawValue], body)
                #expect(try Problem(json: reply.body).kind == .malformedSafetensors)
            }
        }
    }

    @Test func anEngineFailureShowsNoInternalsButIsLogged() async throws {
        try await withService(.inProcess) { test in
            let body = #"{"inputs":[{"token_ids":[1,\#(FakeEngine.poisonID)]}]}"#
            let reply = try test.caller.post("/v1/logprobs", body, ["X-Request-Id": "find-me"])
            #expect(reply.status == 500)
            #expect(!reply.text.contains("Failure"))
            let line = try #require(test.log.lines.last { $0.metadata["id"] == "find-me" })
            #expect(line.level == .error)
            #expect(line.metadata["error"]?.contains("Failure") == true)
        }
    }

    @Test func bodiesOfAllConnectionsAreBounded() async throws {
        let limits = ServiceLimits(
            maxBodyBytes: 14_000, maxBufferedBytes: 20_000, maxRequestTokens: 100, maxBatchTokens: 64)
        try await withService(.live, .init(limits: limits)) { test in
            let port = test.caller.port ?? 0
            // A client that announces a body and does not send it.
            let slow = try LoopbackSocket.connect(port: port)
            let head = "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nContent-Length: 14000\r\n\r\n{"
            LoopbackSocket.write(slow, Array(head.utf8))
            func reserved() throws -> Bool { try test.caller.get("/metrics").text.contains("remit_body_bytes 14000\n") }
            try Patience.eventually { try reserved() }
            let padding = String(repeating: " ", count: 6000)
            let refused = try test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"ab"}]}"# + padding)
            #expect(refused.status == 503)
            #expect(try Problem(json: refused.body).kind == .overloaded)
            #expect(try test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"ab"}]}"#).status == 200)
            // It leaves in the middle of its body: its place is free again.
            close(slow)
            try Patience.eventually { try !reserved() }
            #expect(try test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"ab"}]}"# + padding).status == 200)
        }
    }

    @Test(arguments: Transport.allCases)
    func aFullQueueSaysWhenToComeBack(_ transport: Transport) async throws {
        let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 100, maxQueuedTokens: 100)
        try await withService(transport, .init(hasBase: false, holdsEngine: true, limits: limits)) { test in
            let waiting = Thread {
                _ = try? test.caller.post(
                    "/v1/logprobs", #"{"inputs":[{"text":"\#(String(repeating: "x", count: 60))"}]}"#)
            }
            waiting.start()
            try Patience.eventually { test.service.queue.queuedTokens >= 60 }
            let body = #"{"inputs":[{"text":"\#(String(repeating: "y", count: 50))"}]}"#
            let reply = try test.caller.post("/v1/logprobs", body)
            #expect(reply.status == 429)
            #expect(Int(reply.fields["Retry-After"] ?? "").map { $0 >= 1 } == true)
            #expect(try Problem(json: reply.body).kind == .queueFull)
            let late = try test.caller.post(
                "/v1/logprobs", #"{"inputs":[{"text":"short"}]}"#, ["X-Request-Timeout": "0.05"])
            #expect(late.status == 503)
            #expect(try Problem(json: late.body).kind == .deadlineExceeded)
            #expect(late.fields["Retry-After"] != nil)
            let odd = try test.caller.post("/v1/logprobs", body, ["X-Request-Timeout": "soon"])
            #expect(odd.status == 400)
            #expect(try Problem(json: odd.body).detail.contains("got soon") == true)
        }
    }
}
