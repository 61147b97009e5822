import Foundation
import HTTPSockets
import Logging
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// Accept: application/x-ndjson.
@Suite struct StreamedAnswerTests {
    private static let stream = ["Accept": "application/x-ndjson"]

    private static func lines(_ body: [UInt8]) throws -> [ScoreLine] {
        try body.split(separator: 0x0A).map { try ScoreLine(json: Array($0)) }
    }

    @Test(arguments: Transport.allCases, ["/v1/weights", "/v1/logprobs"])
    func theLinesAreTheWholeAnswersResults(_ transport: Transport, _ path: String) async throws {
        let limits = ServiceLimits(maxBatchTokens: 64, cacheTokens: 0)
        try await withService(transport, .init(limits: limits)) { test in
            let texts = (0..<30).map {
                #"{"id":"n\#($0)","text":"\#(String(repeating: "ab\($0)", count: 1 + $0 % 7))"}"#
            }
            let body = #"{"inputs":[\#(texts.joined(separator: ",")),{"token_ids":[5,9,2,7],"document_starts":[0,2]}]}"#
            let whole = try ScoreResponse(json: test.caller.post(path, body).body)
            let reply = try test.caller.post(path, body, Self.stream)
            #expect(reply.status == 200)
            #expect(reply.fields["Content-Type"] == "application/x-ndjson")
            let lines = try Self.lines(reply.body)
            #expect(lines.count == 31)
            var seen: Set<Int> = []
            for line in lines {
                guard case .result(let index, let identity, let choice, _, let result) = line else {
                    Issue.record("\(line)")
                    continue
                }
                #expect(seen.insert(index).inserted)
                #expect(identity == whole.identity && choice == whole.choice)
                let expected = whole.results[index]
                #expect(result.id == expected.id && result.tokens == expected.tokens)
                #expect(result.teacherLogProbs.map(\.bitPattern) == expected.teacherLogProbs.map(\.bitPattern))
                #expect(result.weights?.map(\.bitPattern) == expected.weights?.map(\.bitPattern))
                #expect(result.statistics == expected.statistics)
            }
            let logged = try #require(test.log.lines.last { $0.metadata["route"] == String(path.dropFirst(4)) })
            #expect(logged.metadata["status"] == "200" && logged.metadata["tokens"] != nil)
            #expect(test.service.waitUntilIdle(timeout: .zero))
        }
    }

    @Test(arguments: Transport.allCases)
    func whatGoesWrongBeforeTheFirstLineHasItsStatus(_ transport: Transport) async throws {
        try await withService(transport, .init(limits: ServiceLimits(maxBatchTokens: 64))) { test in
            for (body, kind) in [
                ("{", ProblemKind.malformedJSON), (#"{"inputs":[{"token_ids":[300]}]}"#, .invalidInput),
                (#"{"inputs":[{"token_ids":[1,299]}]}"#, .internalError),
                (#"{"inputs":[{"text":"a"}],"model":"x"}"#, .unknownModel),
            ] {
                let reply = try test.caller.post("/v1/weights", body, Self.stream)
                #expect(reply.status == kind.status)
                #expect(try Problem(json: reply.body).kind == kind)
            }
            let late = try test.caller.post(
                "/v1/tokenize", #"{"text":"a"}"#, Self.stream)
            #expect(late.status == 406)
        }
    }

    /// The first line arrives before the second batch is scored; what fails then is the last line, and the body has no end.
    @Test func anErrorAfterTheFirstLineIsTheLastLineAndCutsTheBody() async throws {
        let limits = ServiceLimits(maxBatchTokens: 64, cacheTokens: 0)
        try await withService(.live, .init(hasBase: false, holdsEngine: true, limits: limits)) { test in
            let ids = { (id: Int) in [String](repeating: "\(id)", count: 60).joined(separator: ",") }
            let body = #"{"inputs":[{"id":"good","token_ids":[\#(ids(7))]},{"id":"bad","token_ids":[\#(ids(299))]}]}"#
            let socket = try LoopbackSocket.connect(port: test.caller.port ?? 0)
            defer { close(socket) }
            let head =
                "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nAccept: application/x-ndjson\r\nX-Request-Id: cut\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            LoopbackSocket.write(socket, Array((head + body).utf8))
            test.teacher.waitUntilEntered()
            test.teacher.letOneBatchThrough()
            var received = ""
            while !received.contains("\n{\"index\":0,") && !received.contains("\r\n{\"index\":0,") {
                received += try #require(LiveExchange.receive(socket))
            }
            #expect(received.hasPrefix("HTTP/1.1 200 OK\r\n"))
            test.teacher.open()
            while let more = LiveExchange.receive(socket) { received += more }
            let last = try #require(received.split(separator: "\r\n").last)
            let line = try ScoreLine(json: Array(last.utf8))
            guard case .failure(let problem) = line else {
                Issue.record("\(last)")
                return
            }
            #expect(problem.kind == .internalError && problem.instance == "cut")
            #expect(!received.contains("\r\n0\r\n"))
            let logged = try #require(test.log.lines.last { $0.metadata["id"] == "cut" })
            #expect(logged.level == .error && logged.metadata["problem"] == "internal")
            #expect(test.service.waitUntilIdle(timeout: Patience.duration))
        }
    }

    @Test func aClientThatLeavesInTheMiddleTakesItsWorkAlong() async throws {
        let limits = ServiceLimits(maxBatchTokens: 64, cacheTokens: 0)
        try await withService(.live, .init(hasBase: false, holdsEngine: true, limits: limits)) { test in
            let inputs = (1..<21).map { id in
                #"{"token_ids":[\#([String](repeating: "\(id)", count: 60).joined(separator: ","))]}"#
            }
            let body = #"{"inputs":[\#(inputs.joined(separator: ","))]}"#
            let socket = try LoopbackSocket.connect(port: test.caller.port ?? 0)
            let head = "POST /v1/logprobs HTTP/1.1\r\nHost: t\r\nAccept: application/x-ndjson\r\n"
            LoopbackSocket.write(
                socket, Array((head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8))
            test.teacher.waitUntilEntered()
            test.teacher.letOneBatchThrough()
            _ = LiveExchange.receive(socket)
            close(socket)
            // Where everything was read, a close looks like the end of the request; the next line tells the two apart.
            test.teacher.letOneBatchThrough()
            try Patience.eventually { test.service.queue.queuedTokens <= 60 }
            test.teacher.open()
            #expect(test.service.waitUntilIdle(timeout: Patience.duration))
        }
    }

    /// More tokens than the whole queue holds: split, answered right, and a small request gets in meanwhile.
    @Test(arguments: Transport.allCases, [[:], stream])
    func aRequestLargerThanTheQueueIsAnswered(_ transport: Transport, _ fields: [String: String]) async throws {
        let limits = ServiceLimits(
            maxRequestTokens: 10_000, maxBatchTokens: 64, maxQueuedTokens: 200, cacheTokens: 0)
        try await withService(transport, .init(limits: limits)) { test in
            let inputs = (0..<40).map { id in
                #"{"token_ids":[\#((0..<50).map { String((id * 7 + $0 * 3) % 290) }.joined(separator: ","))]}"#
            }
            let body = #"{"inputs":[\#(inputs.joined(separator: ","))]}"#
            let reply = try test.caller.post("/v1/weights", body, fields)
            #expect(reply.status == 200)
            for input in 0..<40 {
                let ids = (0..<50).map { Int32((input * 7 + $0 * 3) % 290) }
                let expected = test.teacher.logProbs(of: ids).map(\.bitPattern)
                if fields.isEmpty {
                    let got = try ScoreResponse(json: reply.body).results[input].teacherLogProbs
                    #expect(got.map(\.bitPattern) == expected)
                } else {
                    let matches = try Self.lines(reply.body).contains { line in
                        if case .result(input, _, _, _, let result) = line {
                            result.teacherLogProbs.map(\.bitPattern) == expected
                        } else {
                            false
                        }
                    }
                    #expect(matches)
                }
            }
        }
    }
}
