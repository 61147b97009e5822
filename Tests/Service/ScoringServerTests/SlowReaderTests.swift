import Foundation
import HTTPSockets
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// Clients that ask for NDJSON and do not keep up with it.
@Suite struct SlowReaderTests {
    private static let good = #"{"inputs":[{"token_ids":[5,9,2,7]}]}"#
    private static let inputs = 600
    /// A line is as long as its input's id, so that a small request fills every buffer between server and client.
    private static let longID = String(repeating: "x", count: 20_000)

    /// What makes an answer of 12 MB, from a client whose kernel takes in next to nothing.
    private static func ask(_ test: TestService, requestID: String) throws -> Int32 {
        let socket = try LoopbackSocket.connect(port: test.caller.port ?? 0, receiveBuffer: 4096)
        let inputs = (0..<Self.inputs).map {
            #"{"id":"\#(longID)","token_ids":[\#($0 % 290),\#(($0 * 7) % 290),3]}"#
        }
        let body = #"{"inputs":[\#(inputs.joined(separator: ","))]}"#
        let head =
            "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nAccept: application/x-ndjson\r\nConnection: close\r\n"
            + "X-Request-Id: \(requestID)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        LoopbackSocket.write(socket, Array((head + body).utf8))
        return socket
    }

    /// Who stops reading is cut off after the write deadline; his work was done and given up long before, and others never notice.
    @Test func whoStopsReadingIsCutOff() async throws {
        try await withService(.live, .init(hasBase: false, writeTimeout: .milliseconds(400))) { test in
            let stopped = try (0..<4).map { try Self.ask(test, requestID: "stopped-\($0)") }
            defer { stopped.forEach { close($0) } }
            var answered = 0
            func timedOut() -> Int {
                test.eventCount { if case .writeTimedOut = $0 { true } else { false } }
            }
            try Patience.eventually {
                let reply = try test.caller.post("/v1/logprobs", Self.good)
                #expect(reply.status == 200)
                answered += 1
                return timedOut() == stopped.count
            }
            #expect(answered > 1)
            #expect(test.service.waitUntilIdle(timeout: Patience.duration))
            #expect(test.service.queue.queuedTokens == 0 && test.service.queue.waitingRequests == 0)
            try Patience.eventually { test.openConnections == 0 }
            for number in 0..<stopped.count {
                let logged = try #require(test.log.lines.last { $0.metadata["id"] == "stopped-\(number)" })
                #expect(logged.metadata["problem"] == "client-gone")
            }
            // What is left in the client's kernel is no whole answer, and does not look like one.
            var received = ""
            while let more = LiveExchange.receive(stopped[0]) { received += more }
            #expect(!received.contains("\r\n0\r\n") && received.utf8.count < Self.inputs * Self.longID.utf8.count)
        }
    }

    /// The scores that a stopped reader asked for wait in memory until they are written: they count, as bodies and answers do.
    @Test func whatWaitsToBeWrittenCounts() async throws {
        let limits = ServiceLimits(maxBodyBytes: 1 << 20, maxBufferedBytes: 5 << 20, maxQueuedTokens: 2 << 20)
        try await withService(.live, .init(hasBase: false, limits: limits)) { test in
            // 100 inputs of 60 tokens with 64 of the likeliest: 3.1 MB of scores, three times as many of JSON.
            let ids = (0..<60).map { "\($0)" }.joined(separator: ",")
            let inputs = (0..<100).map { "{\"token_ids\":[\($0),\(ids)]}" }.joined(separator: ",")
            let body = "{\"inputs\":[\(inputs)],\"top_k\":64}"
            let fields = ["Accept": "application/x-ndjson"]
            let socket = try LoopbackSocket.connect(port: test.caller.port ?? 0, receiveBuffer: 4096)
            let head =
                "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nAccept: application/x-ndjson\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            LoopbackSocket.write(socket, Array((head + body).utf8))
            #expect(LiveExchange.receive(socket, atMost: 100) != nil, "the answer has begun")
            let refused = try test.caller.post("/v1/logprobs", body, fields)
            #expect(try refused.status == 503 && Problem(json: refused.body).kind == .overloaded, "\(refused.status)")
            #expect(try test.caller.post("/v1/logprobs", Self.good).status == 200)
            close(socket)
            try Patience.eventually { try test.caller.post("/v1/logprobs", body, fields).status == 200 }
        }
    }

    /// Who reads slowly and goes on reading gets every line.
    @Test func whoReadsSlowlyGetsAll() async throws {
        try await withService(.live, .init(hasBase: false, writeTimeout: .seconds(20))) { test in
            let socket = try Self.ask(test, requestID: "slow")
            defer { close(socket) }
            var received = 0
            var last = ""
            var isIdle = false
            while let more = LiveExchange.receive(socket, atMost: 3000) {
                received += more.utf8.count
                last = String((last + more).suffix(8))
                // Others are answered between any two pieces; a thousand times would be long.
                if received % 97 == 0 { #expect(try test.caller.post("/v1/logprobs", Self.good).status == 200) }
                // All is scored long before the last line is taken.
                if received < Self.inputs * 10_000, test.service.queue.queuedTokens == 0 { isIdle = true }
            }
            #expect(last.hasSuffix("\r\n0\r\n\r\n") && isIdle)
            #expect(received > Self.inputs * Self.longID.utf8.count)
            let logged = try #require(test.log.lines.last { $0.metadata["id"] == "slow" })
            #expect(logged.metadata["problem"] == nil && logged.metadata["status"] == "200")
        }
    }
}
