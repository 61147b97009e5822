import Foundation
import HTTPSockets
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// What every request passes on its way: trace, key, rate.
@Suite struct RequestPathTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: Transport.allCases)
    func aTraceIsTakenUpLoggedAndReturned(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let presented = "00-\(Self.trace)-\(Self.span)-01"
            for path in ["/info", "/no/such/path"] {
                let returned = try #require(try test.caller.get(path, ["traceparent": presented]).fields["traceparent"])
                let parts = returned.split(separator: "-")
                #expect(parts.count == 4 && parts[1] == Self.trace && parts[2] != Self.span && parts[3] == "01")
                let line = try #require(test.log.lines.last { $0.metadata["trace_id"] == Self.trace })
                #expect(line.metadata["span_id"] == String(parts[2]))
                #expect(line.metadata["parent_span_id"] == Self.span)
            }
            #expect(try test.caller.get("/info").fields["traceparent"] == nil)
        }
    }

    @Test(arguments: [
        ("00-\(trace)-\(span)-01", true), ("cc-\(trace)-\(span)-00-what-comes-later", true),
        ("cc-\(trace)-\(span)-00", true), ("00-\(trace)-\(span)-01-more", false), ("ff-\(trace)-\(span)-01", false),
        ("00-\(trace.uppercased())-\(span)-01", false), ("00-\(trace)-\(span)-1", false),
        ("00-\(trace)-\(span)", false),
        ("00-00000000000000000000000000000000-\(span)-01", false), ("00-\(trace)-0000000000000000-01", false),
        ("0-\(trace)-\(span)-01", false), ("00-\(trace)0-\(span)-01", false), ("", false), ("00---01", false),
    ])
    func traceparents(_ text: String, _ isValid: Bool) {
        #expect((TraceContext(["traceparent": text]) != nil) == isValid)
        var twice: HTTPFields = ["traceparent": text]
        twice.append("Traceparent", text)
        #expect(TraceContext(twice) == nil)
    }

    @Test(arguments: Transport.allCases)
    func aKeyHasItsTokensAMinuteAndNoMore(_ transport: Transport) async throws {
        let keys = "slow:slow-secret tokens-per-minute=20\nslow:slow-secret2 tokens-per-minute=20\nfree:free-secret"
        try await withService(transport, .init(keys: keys)) { test in
            func post(_ key: String, _ text: String) throws -> Reply {
                try test.caller.post(
                    "/v1/logprobs", #"{"inputs":[{"text":"\#(text)"}]}"#, ["Authorization": "Bearer \(key)"])
            }
            let start = ContinuousClock.now
            #expect(try post("slow-secret", "twelve bytes").status == 200)
            // The bucket is not empty yet: the request takes what is there and a debt.
            #expect(try post("slow-secret2", "twelve bytes, and more").status == 200)
            let refused = try post("slow-secret", "x")
            #expect(refused.status == 429)
            #expect(try Problem(json: refused.body).kind == .rateLimited)
            let wait = try #require(Int(refused.fields["Retry-After"] ?? ""))
            // A debt of 14 and one token, at 20 a minute, less what the bucket got meanwhile.
            let elapsed = Int((ContinuousClock.now - start).components.seconds) + 1
            #expect(wait <= 46)
            #expect(wait >= 45 - elapsed)
            #expect(try post("free-secret", "as much as it likes").status == 200)
            #expect(try test.caller.get("/info", ["Authorization": "Bearer slow-secret"]).status == 200)
            let metrics = try test.caller.get("/metrics", ["Authorization": "Bearer free-secret"]).text
            let lines = metrics.split(separator: "\n")
            #expect(lines.contains(#"remit_key_tokens_total{key="slow"} 34"#))
            #expect(lines.contains(#"remit_key_requests_total{key="slow",status="429"} 1"#))
            #expect(!metrics.contains("secret"))
        }
    }

    @Test func aRequestThatTheQueueRefusesCostsNothing() async throws {
        let limits = ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 100, maxQueuedTokens: 100)
        let setup = TestService.Setup(
            hasBase: false, holdsEngine: true, keys: "slow:slow-secret tokens-per-minute=70\nfree:free-secret",
            limits: limits)
        try await withService(.live, setup) { test in
            @Sendable func post(_ key: String, _ count: Int) throws -> Reply {
                let text = String(repeating: key[key.startIndex], count: count)
                return try test.caller.post(
                    "/v1/logprobs", #"{"inputs":[{"text":"\#(text)"}]}"#, ["Authorization": "Bearer \(key)"])
            }
            let waiting = Thread { _ = try? post("free-secret", 60) }
            waiting.start()
            try Patience.eventually { test.service.queue.queuedTokens >= 60 }
            for _ in 0..<3 {
                let full = try post("slow-secret", 50)
                #expect(full.status == 429)
                #expect(try Problem(json: full.body).kind == .queueFull)
            }
            test.teacher.open()
            try Patience.eventually { test.service.queue.queuedTokens <= 0 }
            #expect(try post("slow-secret", 50).status == 200)
        }
    }

    @Test func theProcessIsMeasured() async throws {
        try await withService(.live) { test in
            let lines = try test.caller.get("/metrics").text.split(separator: "\n")
            func value(_ name: String) -> Double? {
                lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
            }
            #expect(try #require(value("process_resident_memory_bytes")) > 1e6)
            #expect(try #require(value("process_cpu_seconds_total")) > 0)
            #expect(try #require(value("process_open_fds")) >= 3)
            #expect(try #require(value("process_threads")) >= 2)
            #expect(try #require(value("process_max_fds")) >= 16)
            #expect(value("remit_ready") == 1)
            #expect(value("remit_connections") == 1)
            // Every line is of a metric that the registry names.
            let known = test.service.metrics.registry.seriesNames
            for line in lines where !line.hasPrefix("#") {
                #expect(known.contains(String(line.prefix { $0 != " " && $0 != "{" })), "\(line)")
            }
        }
    }
}
