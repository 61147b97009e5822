import Foundation
import HTTPClient
import HTTPSockets
import ScoringAPI
import ScoringClient
import Sequences
import Synchronization
import System
import Testing
import TestSupport

@Suite(.serialized) struct ScoringClientTests {
    /// Patient enough for a busy machine, quick enough for a test.
    private let quick = RetryPolicy(firstDelay: .milliseconds(20), maxDelay: .milliseconds(100), maxServerErrors: 2)

    private func client(
        _ services: RunningService..., key: APIKey? = nil, maxResponseBytes: Int = 64 << 20
    ) -> ScoringClient {
        ScoringClient(
            ScoringClientConfiguration(
                servers: services.map(\.address), apiKey: key, retry: quick, maxResponseBytes: maxResponseBytes))
    }

    private let request = BinaryScoreRequest(tokenIDs: [5, 9, 2, 7, 4], sequenceStarts: [0, 2, 5])

    @Test func callsEveryRoute() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running)
            #expect(try client.info() == FakeService.info)
            #expect(try client.models().models.isEmpty)
            #expect(client.isReady())
            try client.waitUntilReady()
            #expect(try client.tokenize(TokenizeRequest(text: "ab")).tokenIDs == [97, 98])
            #expect(try client.detokenize(DetokenizeRequest(tokenIDs: [97, 98])).text == "ab")
            let logProbs = try client.logProbs(request)
            #expect(logProbs.identity == FakeService.identity && logProbs.sequenceStarts == [0, 2, 5])
            let expected = request.tokenIDs.map(FakeService.logProb)
            for (index, value) in logProbs.teacherLogProbs.enumerated() {
                #expect(request.sequenceStarts.contains(index) ? value.isNaN : value == expected[index])
            }
            #expect(try client.weights(request).weights == [0, 1, 0, 1, 1])
            let json = try client.weights(ScoreRequest(inputs: [ScoreInput(content: .tokenIDs([1, 2]))]))
            #expect(json.results.map(\.tokenIDs) == [[1, 2]])
        }
    }

    @Test func sendsItsKeyAndNothingThatDelays() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running, key: try APIKey("sesame"))
            _ = try client.info()
            _ = try client.logProbs(request)
            // Large enough for curl's own Expect: 100-continue.
            let large = BinaryScoreRequest(tokenIDs: Array(0..<1_000_000), sequenceStarts: [0, 1_000_000])
            #expect(try client.logProbs(large).teacherLogProbs.count == 1_000_000)
            let seen = running.service.seen
            #expect(seen.map(\.method) == ["GET", "POST", "POST"])
            for request in seen {
                #expect(request.headers.values("Authorization") == ["Bearer sesame"])
                #expect(request.headers["Expect"] == nil && request.headers["Accept-Encoding"] == nil)
            }
            #expect(seen[1].headers["Content-Type"] == MediaType.safetensors.rawValue)
            #expect(seen[1].headers["Accept"] == MediaType.safetensors.rawValue)
            // One connection for all.
            #expect(Set(seen.map(\.peer)).count == 1)
        }
    }

    @Test func waitsForAServerThatIsAway() async throws {
        try await onThread {
            let port = try freedPort()
            let waits = Recorder()
            let client = ScoringClient(
                ScoringClientConfiguration(servers: [try ServerAddress("http://127.0.0.1:\(port)")], retry: quick))
            let late = LateService()
            let info = try client.info(
                CallOptions { wait in
                    waits.append(wait)
                    if waits.all.count == 3 { late.start(port: port) }
                })
            #expect(info == FakeService.info)
            #expect(waits.all.count >= 3 && waits.all[0].reason.contains("onnect"))
            #expect(waits.all[0].server == "http://127.0.0.1:\(port)" && waits.all[0].delay <= .milliseconds(20))
        }
    }

    @Test func honoursRetryAfter() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.willReply([.status(429, retryAfter: "1"), .status(503), .problem(.loading)])
            let waits = Recorder()
            let start = ContinuousClock.now
            _ = try client(running).info(CallOptions { waits.append($0) })
            #expect(ContinuousClock.now - start >= .seconds(1))
            #expect(waits.all.map(\.reason).map { $0.prefix(7) } == ["429, an", "503, an", "503 The"])
        }
    }

    @Test func asksAnotherServerAtOnce() async throws {
        try await onThread {
            let (first, second) = (try RunningService(), try RunningService())
            first.service.willReply([.status(503, retryAfter: "100")])
            let client = client(first, second)
            let waits = Recorder()
            for _ in 0..<3 { _ = try client.info(CallOptions { waits.append($0) }) }
            #expect(first.service.seen.count == 1 && second.service.seen.count == 3 && waits.all.isEmpty)
        }
    }

    @Test func givesUpAfterSeveralServerErrors() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.willReply([.problem(.internalError), .status(502)])
            #expect(try client(running).info() == FakeService.info)
            running.service.willReply(Array(repeating: .problem(.internalError), count: 9))
            do {
                _ = try client(running).info()
                Issue.record("answered")
            } catch let error as ScoringClientError {
                guard case .gaveUp(_, attempts: 3, let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.contains("request-1"))
            }
        }
    }

    @Test func refusalsAreFinalAndCarryTheProblem() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running, key: try APIKey("sesame"))
            for kind in [ProblemKind.unauthorized, .fingerprintMismatch, .invalidInput, .bodyTooLarge, .forbidden] {
                running.service.willReply([.problem(kind)])
                do {
                    _ = try client.logProbs(request)
                    Issue.record("answered \(kind)")
                } catch let error as ScoringClientError {
                    guard case .refused(_, let problem) = error else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(problem.kind == kind && problem.instance == "request-1")
                    #expect(!"\(error)".contains("sesame"))
                }
            }
            #expect(running.service.seen.count == 5)
        }
    }

    /// Whoever forgot the key, or gave the server's own line for it, reads which flag takes what.
    @Test func aMissingKeyNamesTheFlag() async throws {
        try await onThread {
            let running = try RunningService()
            let body = #"{"type": "\#(ProblemKind.unauthorized.type)", "status": 401}"#
            running.service.willReply([
                .raw(
                    HTTPResponse(
                        status: 401, fields: ["Content-Type": MediaType.problem.rawValue], body: Array(body.utf8)))
            ])
            let error = #expect(throws: ScoringClientError.self) { try client(running).info() }
            #expect(error?.description.contains("Give --api-key-file FILE") == true, "\(String(describing: error))")
        }
    }

    /// A problem document with nothing in it is one all the same: its status is that of the answer.
    @Test func aProblemWithoutTextShowsItsStatus() async throws {
        try await onThread {
            let running = try RunningService()
            let empty = { (status: Int) in
                HTTPResponse(
                    status: status, fields: ["Content-Type": MediaType.problem.rawValue], body: Array("{}".utf8))
            }
            running.service.willReply([.raw(empty(403))])
            let error = #expect(throws: ScoringClientError.self) { try client(running).info() }
            #expect(error?.description == "\(running.address) refused: 403")
            running.service.willReply([.raw(empty(503))])
            let waits = Recorder()
            _ = try client(running).info(CallOptions { waits.append($0) })
            #expect(waits.all.map(\.reason) == ["503"])
        }
    }

    @Test func anAnswerInTheMiddleOfTheBodyIsHeard() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.maxBodyBytes.store(1000, ordering: .relaxed)
            let large = BinaryScoreRequest(tokenIDs: Array(0..<5_000_000), sequenceStarts: [0, 5_000_000])
            let server = running.address.description
            #expect(throws: ScoringClientError.unexpectedStatus(server: server, status: 413)) {
                try client(running).logProbs(large)
            }
        }
    }

    @Test func redirectsAreNotFollowedAndPagesNotRead() async throws {
        try await onThread {
            let (running, other) = (try RunningService(), try RunningService())
            let client = client(running)
            let redirect = HTTPResponse(status: 302, fields: ["Location": "\(other.address)/info"])
            let page = HTTPResponse(status: 200, fields: ["Content-Type": "text/html"], body: Array("<html>".utf8))
            running.service.willReply([.raw(redirect), .status(404), .raw(page)])
            let server = running.address.description
            #expect(throws: ScoringClientError.unexpectedStatus(server: server, status: 302)) { try client.info() }
            #expect(throws: ScoringClientError.unexpectedStatus(server: server, status: 404)) { try client.info() }
            #expect(throws: ScoringClientError.self) { try client.info() }
            #expect(other.service.seen.isEmpty)
        }
    }

    /// Pages of a proxy are told as what they are.
    @Test(arguments: [(401, "login"), (413, "no body so large"), (502, "no server behind it")])
    func pagesOfAProxyAreUnderstood(_ status: Int, _ said: String) async throws {
        try await onThread {
            let running = try RunningService()
            let page = HTTPResponse(
                status: status, fields: ["Content-Type": "text/html"], body: Array("<html>\(status)</html>".utf8))
            running.service.willReply(Array(repeating: .raw(page), count: 10))
            let error = #expect(throws: ScoringClientError.self) { try client(running).info() }
            #expect(error?.description.contains("\(status)") == true)
            #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
        }
    }

    /// A server without TLS will not learn it by being asked again.
    @Test func TLSToAPlainPortEndsAtOnce() async throws {
        try await onThread {
            let running = try RunningService()
            let secure = try ServerAddress(running.address.description.replacing("http:", with: "https:"))
            let client = ScoringClient(ScoringClientConfiguration(servers: [secure]))
            let error = #expect(throws: ScoringClientError.self) {
                try client.info(CallOptions(patience: .seconds(3600)))
            }
            guard case .cannotConnect(_, let reason)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("http://"))
        }
    }

    @Test func anAnswerForOtherTokensIsNotTaken() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running)
            let other = BinaryScoreResponse(
                ScoreResponse(
                    identity: FakeService.identity,
                    results: [ScoreResult(tokenIDs: [1, 2, 3, 4, 5], teacherLogProbs: [.nan, -1, -1, -1, -1])]),
                includesTokenIDs: false)
            running.service.willReply([.raw(HTTPResponse(status: 200, body: other.safetensors()))])
            #expect(throws: ScoringClientError.self) { try client.logProbs(request) }
            running.service.willReply([.raw(HTTPResponse(status: 200, body: [1, 2, 3]))])
            #expect(throws: ScoringClientError.self) { try client.logProbs(request) }
        }
    }

    @Test func likeliestTokensAreCheckedBeforeTheyAreTaken() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running)
            var asked = request
            asked.topK = 2
            let answer = try client.logProbs(asked, vocabularySize: 1000)
            #expect(answer.top?.k == 2 && answer.top?.tokenCount == asked.tokenIDs.count)
            // Ids that the student does not have.
            let refused = try #require(
                #expect(throws: ScoringClientError.self) { try client.logProbs(asked, vocabularySize: 2) })
            guard case .unreadableAnswer = refused else { throw refused }
            // Another k than was asked for, or none.
            var other = asked
            other.topK = 3
            let raw = try client.logProbs(other).safetensors()
            let plain = try client.logProbs(request).safetensors()
            for body in [raw, plain] {
                running.service.willReply([.raw(HTTPResponse(status: 200, body: body))])
                #expect(throws: ScoringClientError.self) { try client.logProbs(asked) }
            }
            // Like any answer, it is waited for while a server is busy.
            running.service.willReply([.status(503, retryAfter: "0")])
            #expect(try client.logProbs(asked).top?.tokenIDs == answer.top?.tokenIDs)
        }
    }

    @Test func anAnswerOverTheLimitIsCutOff() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running, maxResponseBytes: 1000)
            let endless = HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<100_000 { try writer.write([UInt8](repeating: 0x20, count: 10_000)) }
                })
            running.service.willReply([.raw(endless)])
            let server = running.address.description
            #expect(throws: ScoringClientError.answerTooLarge(server: server, limitBytes: 1000)) { try client.info() }
        }
    }

    @Test func anAttemptThatTakesTooLongIsMadeAgain() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.willReply([.silence])
            let waits = Recorder()
            let options = CallOptions(timeout: .milliseconds(300)) { waits.append($0) }
            #expect(try client(running).info(options) == FakeService.info)
            #expect(waits.all.count == 1 && waits.all[0].reason.contains("timed out"))
        }
    }

    @Test func nothingIsTriedAfterTheDeadline() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.willReply(Array(repeating: .status(503), count: 10_000))
            let deadline = ContinuousClock.now + .milliseconds(300)
            #expect(throws: ScoringClientError.self) { try client(running).info(CallOptions(deadline: deadline)) }
            #expect(running.service.seen.count >= 2)
            // Another one: the last attempt at the first may still be on its way to it.
            let silent = try RunningService()
            silent.service.willReply([.silence])
            let end = ContinuousClock.now + .milliseconds(300)
            #expect(throws: ScoringClientError.self) { try client(silent).info(CallOptions(deadline: end)) }
            #expect(silent.service.seen.count == 1)
        }
    }

    @Test func cancellingEndsTransfersAndWaits() async throws {
        try await onThread {
            let running = try RunningService()
            for reply in [FakeService.Reply.silence, .status(503, retryAfter: "100")] {
                running.service.willReply([reply])
                let flag = StopFlag()
                let before = running.service.seen.count
                Thread.detachNewThread {
                    try? Patience.eventually { running.service.seen.count != before }
                    usleep(50_000)
                    flag.request()
                }
                let client = client(running)
                #expect(throws: ScoringClientError.cancelled) {
                    try client.info(CallOptions(timeout: .seconds(60), cancellation: flag))
                }
                #expect(throws: ScoringClientError.cancelled) { try client.info(CallOptions(cancellation: flag)) }
                #expect(running.service.seen.count == before + 1)
            }
        }
    }

    @Test func manyThreadsMayCallAtOnce() async throws {
        try await onThread {
            let running = try RunningService()
            let client = client(running)
            let right = Atomic<Int>(0)
            let done = DispatchGroup()
            for thread in 0..<8 {
                done.enter()
                Thread.detachNewThread {
                    for round in 0..<20 {
                        let ids = (0..<50).map { Int32($0 + thread * 1000 + round * 50) }
                        let answer = try? client.logProbs(BinaryScoreRequest(tokenIDs: ids, sequenceStarts: [0, 50]))
                        if answer?.teacherLogProbs.last == ids.last.map(FakeService.logProb) {
                            right.add(1, ordering: .relaxed)
                        }
                    }
                    done.leave()
                }
            }
            done.wait()
            #expect(right.load(ordering: .relaxed) == 160)
            #expect(Set(running.service.seen.map(\.peer)).count <= 8)
        }
    }

    @Test func withoutItsAuthoritiesItTalksToNobody() async throws {
        try await onThread {
            let running = try RunningService()
            let secure = try ServerAddress(running.address.description.replacing("http:", with: "https:"))
            let configuration = ScoringClientConfiguration(
                servers: [secure], apiKey: try APIKey("sesame"), caFile: "/no/such/file", retry: quick)
            do {
                _ = try ScoringClient(configuration).info()
                Issue.record("answered")
            } catch let error as ScoringClientError {
                guard case .cannotConnect(_, let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.contains("/no/such/file"))
            }
            #expect(running.service.seen.isEmpty)
        }
    }
}
