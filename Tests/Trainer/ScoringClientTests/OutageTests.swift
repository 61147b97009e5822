import Foundation
import HTTPClient
import HTTPSockets
import ScoringAPI
import ScoringClient
import System
import Testing
import TestSupport

/// Patience with servers that are away, and asking a second one while the first is slow.
@Suite(.serialized) struct OutageTests {
    private let quick = RetryPolicy(firstDelay: .milliseconds(20), maxDelay: .milliseconds(100), maxServerErrors: 2)
    private let request = BinaryScoreRequest(tokenIDs: [5, 9, 2], sequenceStarts: [0, 3])

    private func client(_ addresses: [ServerAddress], hedgeAfter: Duration? = nil) -> ScoringClient {
        ScoringClient(ScoringClientConfiguration(servers: addresses, retry: quick, hedgeAfter: hedgeAfter))
    }

    private func isNoServer(_ body: () throws -> Void) -> Bool {
        do { try body() } catch ScoringClientError.noServer { return true } catch { return false }
        return false
    }

    @Test func patienceEndsWhereNoServerAnswers() async throws {
        try await onThread {
            let away = try (0..<2).map { _ in try ServerAddress("http://127.0.0.1:\(try freedPort())") }
            let client = client(away)
            let start = ContinuousClock.now
            #expect(isNoServer { _ = try client.info(CallOptions(patience: .milliseconds(300))) })
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            // Without any patience both are asked once (or left alone) and nothing is waited for.
            let waits = Recorder()
            #expect(isNoServer { _ = try client.info(CallOptions(patience: .zero) { waits.append($0) }) })
            #expect(waits.all.isEmpty)
        }
    }

    @Test func aServerThatIsBusyIsThere() async throws {
        try await onThread {
            let running = try RunningService()
            running.service.willReply([.status(429), .status(429), .status(429)])
            #expect(try client([running.address]).info(CallOptions(patience: .zero)) == FakeService.info)
            #expect(running.service.seen.count == 4)
        }
    }

    @Test func anAnswerIsTakenWithoutPatienceFromWhicheverServerIsThere() async throws {
        try await onThread {
            let away = try ServerAddress("http://127.0.0.1:\(try freedPort())")
            let running = try RunningService()
            #expect(try client([away, running.address]).info(CallOptions(patience: .zero)) == FakeService.info)
        }
    }

    @Test func aSecondServerIsAskedWhereTheFirstIsSlow() async throws {
        try await onThread {
            let (slow, fast) = (try RunningService(), try RunningService())
            slow.service.willReply([.silence])
            let answer = try client([slow.address, fast.address], hedgeAfter: .milliseconds(50)).logProbs(request)
            #expect(answer.teacherLogProbs.count == 3)
            #expect(slow.service.seen.count == 1 && fast.service.seen.count == 1)
        }
    }

    /// One that takes connections and says nothing was waited for until the attempt's time was over, a minute or more.
    @Test func aServerThatStaysSilentIsAway() async throws {
        try await onThread {
            for (count, hedgeAfter) in [(1, nil), (2, nil), (2, Duration.milliseconds(50))] {
                let running = try (0..<count).map { _ in try RunningService() }
                for one in running { one.service.willReply(Array(repeating: .silence, count: 50)) }
                let client = client(running.map(\.address), hedgeAfter: hedgeAfter)
                let start = ContinuousClock.now
                for patience in [Duration.milliseconds(500), .zero] {
                    #expect(
                        isNoServer {
                            _ = try client.logProbs(request, CallOptions(timeout: .seconds(300), patience: patience))
                        })
                }
                #expect(ContinuousClock.now - start < .seconds(60))
                #expect(running.allSatisfy { $0.service.seen.contains { $0.path == "/health" } })
            }
        }
    }

    /// Its engine takes longer than the patience lasts; it is no outage.
    @Test func aServerThatComputesForLongIsWaitedFor() async throws {
        try await onThread {
            let running = try RunningService()
            let signal = DispatchSemaphore(value: 0)
            running.service.willReply([.late(signal)])
            let service = running.service
            Thread.detachNewThread {
                while service.seen.count(where: { $0.path == "/health" }) < 2 { usleep(1000) }
                signal.signal()
            }
            let answer = try client([running.address]).logProbs(request, CallOptions(patience: .milliseconds(100)))
            #expect(answer.teacherLogProbs.count == 3)
            #expect(service.seen.count { $0.path != "/health" } == 1)
        }
    }

    @Test func nobodyIsAskedTwiceUnlessToldTo() async throws {
        try await onThread {
            let (first, second) = (try RunningService(), try RunningService())
            let hedging = client([first.address, second.address], hedgeAfter: .seconds(60))
            for _ in 0..<5 { _ = try hedging.logProbs(request) }
            #expect(second.service.seen.isEmpty)
            // Off by default: the slow server is waited for until the attempt times out.
            first.service.willReply([.silence])
            let start = ContinuousClock.now
            _ = try client([first.address, second.address]).logProbs(request, CallOptions(timeout: .milliseconds(300)))
            #expect(ContinuousClock.now - start >= .milliseconds(300))
        }
    }

    @Test func nothingIsHedgedAfterABusyServer() async throws {
        try await onThread {
            let (busy, slow) = (try RunningService(), try RunningService())
            busy.service.willReply([.status(429)])
            slow.service.willReply([.silence])
            // By the time the slow one could be hedged the busy one has had its rest, and is not asked for all that.
            let start = ContinuousClock.now
            _ = try client([busy.address, slow.address], hedgeAfter: .milliseconds(150)).logProbs(
                request, CallOptions(timeout: .milliseconds(600)))
            #expect(ContinuousClock.now - start >= .milliseconds(600))
        }
    }

    @Test func cancellingEndsBothAttempts() async throws {
        try await onThread {
            let (first, second) = (try RunningService(), try RunningService())
            for service in [first, second] { service.service.willReply([.silence]) }
            let flag = StopFlag()
            Thread.detachNewThread {
                try? Patience.eventually { !second.service.seen.isEmpty }
                flag.request()
            }
            #expect(throws: ScoringClientError.cancelled) {
                try client([first.address, second.address], hedgeAfter: .milliseconds(30)).logProbs(
                    request, CallOptions(timeout: .seconds(60), cancellation: flag))
            }
        }
    }
}
