import Digests
import Foundation
import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing
import Tokenizers

@Suite struct ServiceTests {
    @Test(arguments: Transport.allCases)
    func probesWhileLoadingReadyAndDraining(_ transport: Transport) async throws {
        try await withService(transport, .init(keys: "secret-key", becomesReady: false)) { test in
            func check(ready: Int, kind: ProblemKind?) throws {
                #expect(try test.caller.get("/health").status == 200)
                let reply = try test.caller.get("/ready")
                #expect(reply.status == ready)
                guard let kind else { return }
                #expect(reply.fields["Retry-After"] != nil)
                #expect(try Problem(json: reply.body).kind == kind)
                let post = try test.caller.post("/v1/logprobs", "{}", ["Authorization": "Bearer secret-key"])
                #expect(post.status == 503)
            }
            try check(ready: 503, kind: .loading)
            test.service.becomeReady(test.models)
            try check(ready: 200, kind: nil)
            test.service.beginDrain()
            try check(ready: 503, kind: .draining)
        }
    }

    @Test(arguments: Transport.allCases)
    func everyRouteButTheProbesAndThePageAsksForTheKey(_ transport: Transport) async throws {
        try await withService(transport, .init(keys: "# trainers\nring:secret-key\n\nother-key\n")) { test in
            for route in RouteTable(test.service).routes {
                let path = route.path.replacing("{name}", with: "nobody")
                let bare = try test.caller.send(route.method, path)
                #expect((bare.status == 401) == route.needsKey, "\(route.path)")
                guard route.needsKey else { continue }
                #expect(bare.fields["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                for wrong in ["Bearer", "Bearer secret-ke", "Bearer secret-key2", "Basic secret-key", "secret-key"] {
                    #expect(try test.caller.send(route.method, path, ["Authorization": wrong]).status == 401)
                }
                for right in ["Bearer secret-key", "bearer  other-key"] {
                    #expect(try test.caller.send(route.method, path, ["Authorization": right]).status != 401)
                }
            }
            let open = ["/health", "/ready", "/", "/status", "/docs", "/page/{file}"]
            #expect(RouteTable(test.service).routes.filter { !$0.needsKey }.map(\.path) == open)
            #expect(try test.caller.get("/no/such/path").status == 401)
            let line = try #require(test.log.lines.last { $0.metadata["key"] != nil })
            #expect(["ring", "key-4"].contains(line.metadata["key"]))
            #expect(!test.log.lines.contains { "\($0.metadata)".contains("secret-key") })
            test.service.replace(keys: try APIKeys(parsing: "new-secret", file: "keys"))
            #expect(try test.caller.get("/info", ["Authorization": "Bearer secret-key"]).status == 401)
            #expect(try test.caller.get("/info", ["Authorization": "Bearer new-secret"]).status == 200)
        }
    }

    @Test(arguments: Transport.allCases)
    func unknownPathsMethodsAndTypes(_ transport: Transport) async throws {
        try await withService(transport) { test in
            #expect(try test.caller.get("/v1/nothing").status == 404)
            #expect(try test.caller.get("/v1/weights/").status == 404)
            let wrong = try test.caller.get("/v1/weights")
            #expect(wrong.status == 405)
            #expect(wrong.fields["Allow"] == "POST")
            #expect(try test.caller.send("DELETE", "/info").fields["Allow"] == "GET, HEAD")
            let body = #"{"inputs":[{"text":"ab"}]}"#
            let text = try test.caller.post("/v1/weights", body, ["Content-Type": "text/plain"])
            #expect(try Problem(json: text.body).kind == .unsupportedMediaType)
            let picky = try test.caller.post("/v1/weights", body, ["Accept": "text/html, image/*"])
            #expect(try Problem(json: picky.body).kind == .notAcceptable)
            for accept in ["*/*", "application/*", "text/html, */*;q=0.1", "application/json;q=0.5"] {
                let reply = try test.caller.post("/v1/weights", body, ["Accept": accept])
                #expect(reply.fields["Content-Type"] == "application/json", "\(accept)")
            }
            let ranked = try test.caller.post(
                "/v1/weights", body, ["Accept": "application/json;q=0.5, application/vnd.safetensors"])
            #expect(ranked.fields["Content-Type"] == "application/vnd.safetensors")
            // What curl -d sends when nobody says otherwise.
            let form = ["Content-Type": "application/x-www-form-urlencoded"]
            #expect(try test.caller.post("/v1/weights", body, form).status == 200)
            #expect(
                try test.caller.post("/v1/weights", body, ["Content-Type": "Application/JSON; charset=utf-8"]).status
                    == 200)
        }
    }

    @Test(arguments: Transport.allCases)
    func requestIDsAreTakenUpWhereSaneAndLogged(_ transport: Transport) async throws {
        try await withService(transport) { test in
            #expect(
                try test.caller.get("/info", ["X-Request-Id": "run-7.step_12"]).fields["X-Request-Id"]
                    == "run-7.step_12")
            for insane in ["with space", String(repeating: "a", count: 65), "café"] {
                let id = try #require(try test.caller.get("/info", ["X-Request-Id": insane]).fields["X-Request-Id"])
                #expect(id.count == 16)
            }
            let line = try #require(test.log.lines.first { $0.metadata["id"] == "run-7.step_12" })
            #expect(line.message == "request")
            #expect(line.metadata["route"] == "info")
            #expect(line.metadata["status"] == "200")
            #expect(line.metadata["ms"].flatMap(Double.init) != nil)
        }
    }

    @Test(arguments: Transport.allCases)
    func timesAndTokensAreInFieldsLogAndMetrics(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let body = #"{"inputs":[{"text":"abcdef"}]}"#
            let first = try test.caller.post("/v1/logprobs", body)
            #expect(first.fields["X-Scored-Tokens"] == "6")
            for name in ["X-Queue-Time", "X-Inference-Time", "X-Total-Time"] {
                #expect(first.fields[name].flatMap(Double.init) != nil)
            }
            #expect(
                try test.caller.post("/v1/logprobs", body, ["X-Request-Id": "again"]).fields["X-Scored-Tokens"] == "0")
            let line = try #require(test.log.lines.first { $0.metadata["id"] == "again" })
            #expect(line.metadata["cached"] == "6")
            _ = try test.caller.get("/attack/\(UUID().uuidString)")
            let metrics = try test.caller.get("/metrics")
            #expect(metrics.fields["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let lines = metrics.text.split(separator: "\n")
            #expect(lines.contains(#"remit_http_requests_total{route="logprobs",status="200"} 2"#))
            #expect(lines.contains(#"remit_http_requests_total{route="none",status="404"} 1"#))
            #expect(lines.contains(#"remit_tokens_total{source="computed"} 6"#))
            #expect(lines.contains(#"remit_tokens_total{source="cached"} 6"#))
            #expect(lines.contains("remit_queue_tokens 0"))
            #expect(!metrics.text.contains("attack"))
        }
    }

    @Test func tokenizeAndBack() async throws {
        try await withService(.inProcess) { test in
            let text = "17 + 25 = 42, naïve 東"
            let request = String(decoding: TokenizeRequest(text: text).json(), as: UTF8.self)
            let tokens = try TokenizeResponse(json: test.caller.post("/v1/tokenize", request).body)
            #expect(tokens.tokenIDs.count == text.utf8.count)
            #expect(tokens.tokenizerFingerprint == test.tokenizer.fingerprint.hex)
            let back = String(decoding: DetokenizeRequest(tokenIDs: tokens.tokenIDs).json(), as: UTF8.self)
            #expect(try DetokenizeResponse(json: test.caller.post("/v1/detokenize", back).body).text == text)
        }
    }

    @Test func modelsAndInfoStateWhatIsInForce() async throws {
        let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 80, maxQueuedTokens: 300)
        try await withService(.inProcess, .init(limits: limits)) { test in
            let info = try InfoResponse(json: test.caller.get("/info").body)
            #expect(info.limits.maxSequenceTokens == 64)
            #expect(info.limits.maxBatchTokens == 80)
            #expect(info.tokensPerSecond == nil)
            #expect(info.memoryBoundBytes > 2200)
            #expect(info.identity.scoresFingerprint == test.teacher.scoresFingerprint.hex)
            let models = try ModelsResponse(json: test.caller.get("/v1/models").body).models
            #expect(models.map(\.role) == [.teacher, .base])
            #expect(models.map(\.isDefault) == [true, false])
            #expect(models == info.models)
            _ = try test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"abcdef"}],"model":"demo-teacher"}"#)
            #expect(try InfoResponse(json: test.caller.get("/info").body).tokensPerSecond != nil)
        }
    }

    @Test(arguments: Transport.allCases)
    func headIsAnsweredAsGet(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.send("HEAD", "/health")
            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
        }
    }

    @Test func aClientThatLeavesTakesItsWorkAlong() async throws {
        try await withService(.live, .init(hasBase: false, holdsEngine: true)) { test in
            func post(_ text: String) throws -> Int32 {
                let descriptor = try LoopbackSocket.connect(port: test.caller.port ?? 0)
                let body = #"{"inputs":[{"text":"\#(text)"}]}"#
                let head = "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                LoopbackSocket.write(descriptor, Array((head + body).utf8))
                return descriptor
            }
            let running = try post("running")
            test.teacher.waitUntilEntered()
            let leaving = try post("leaving soon")
            try Patience.eventually { test.service.queue.queuedTokens >= 19 }
            close(leaving)
            try Patience.eventually { test.service.queue.queuedTokens <= 7 }
            #expect(test.service.queue.waitingRequests == 1)
            close(running)
        }
    }
}
