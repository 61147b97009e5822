import Foundation
import HTTPClient
import HTTPSockets
import ScoringAPI
import ScoringClient
import System
import Testing
import TestSupport

/// Servers that do not hold the same model: when each answers decides nothing.
@Suite(.serialized) struct SeveralServersTests {
    private let quick = RetryPolicy(firstDelay: .milliseconds(20), maxDelay: .milliseconds(100), maxServerErrors: 2)
    private let request = BinaryScoreRequest(tokenIDs: [5, 9, 2], sequenceStarts: [0, 3])

    private func client(_ addresses: [ServerAddress], hedgeAfter: Duration? = nil) -> ScoringClient {
        ScoringClient(ScoringClientConfiguration(servers: addresses, retry: quick, hedgeAfter: hedgeAfter))
    }

    private func isRefused(_ error: ScoringClientError?, by server: ServerAddress, _ kind: ProblemKind) -> Bool {
        guard case .refused(let base, let problem)? = error else { return false }
        return base == server.description && problem.kind == kind
    }

    /// The first is slow; the second, asked for that alone, will not.
    @Test(arguments: [ProblemKind.fingerprintMismatch, .unknownModel, .unauthorized, .invalidInput, .internalError])
    func aHedgesRefusalDoesNotBeatTheFirst(_ kind: ProblemKind) async throws {
        try await onThread {
            let (slow, other) = (try RunningService(), try RunningService())
            let signal = DispatchSemaphore(value: 0)
            slow.service.willReply([.late(signal)])
            other.service.willReply([.problem(kind)])
            Thread.detachNewThread {
                try? Patience.eventually { !other.service.seen.isEmpty }
                // Returns when the refusal has been sent.
                _ = other.server.drain(timeout: .seconds(5))
                signal.signal()
            }
            let answer = try client([slow.address, other.address], hedgeAfter: .milliseconds(20)).logProbs(request)
            #expect(answer.teacherLogProbs.count == 3)
            #expect(slow.service.seen.count == 1 && other.service.seen.count == 1)
        }
    }

    @Test(arguments: [ProblemKind.fingerprintMismatch, .unknownModel])
    func aServerWithAnotherModelIsLeftForTheOthers(_ kind: ProblemKind) async throws {
        try await onThread {
            let (changed, right) = (try RunningService(), try RunningService())
            changed.service.willReply([.problem(kind)])
            let told = Locked<[ScoringClientError]>([])
            let client = client([changed.address, right.address])
            let options = CallOptions(onUnsuited: { error in
                told.withLock { $0 += [error as? ScoringClientError].compactMap(\.self) }
            })
            #expect(try client.logProbs(request, options).teacherLogProbs.count == 3)
            #expect(told.withLock { $0.count == 1 && isRefused($0.first, by: changed.address, kind) })
            // The one that answered is asked from then on.
            _ = try client.logProbs(request, options)
            #expect(changed.service.seen.count == 1 && right.service.seen.count == 2)
        }
    }

    @Test func whereAllHoldAnotherTheCallEnds() async throws {
        try await onThread {
            let services = [try RunningService(), try RunningService()]
            for one in services { one.service.willReply(Array(repeating: .problem(.fingerprintMismatch), count: 9)) }
            for hedgeAfter in [nil, Duration.seconds(60)] {
                let error = #expect(throws: ScoringClientError.self) {
                    try client(services.map(\.address), hedgeAfter: hedgeAfter).logProbs(request)
                }
                #expect(
                    isRefused(error, by: services[1].address, .fingerprintMismatch), "\(error.map { "\($0)" } ?? "")")
            }
            #expect(services.map { $0.service.seen.count } == [2, 2])
        }
    }

    /// What else is refused is refused for all: the request itself, or the key.
    @Test func anyOtherRefusalIsFinal() async throws {
        try await onThread {
            let (first, second) = (try RunningService(), try RunningService())
            first.service.willReply([.problem(.invalidInput)])
            let error = #expect(throws: ScoringClientError.self) {
                try client([first.address, second.address]).logProbs(request)
            }
            #expect(isRefused(error, by: first.address, .invalidInput) && second.service.seen.isEmpty)
        }
    }

    @Test func theRightOneIsWaitedForWhileItIsAway() async throws {
        try await onThread {
            let changed = try RunningService()
            changed.service.willReply(Array(repeating: .problem(.fingerprintMismatch), count: 10_000))
            let port = try freedPort()
            let (waits, late) = (Recorder(), LateService())
            let client = client([changed.address, try ServerAddress("http://127.0.0.1:\(port)")])
            let told = Locked<[ScoringClientError]>([])
            let options = CallOptions(
                onWait: { wait in
                    waits.append(wait)
                    if waits.all.count == 3 { late.start(port: port) }
                }, onUnsuited: { error in told.withLock { $0 += [error as? ScoringClientError].compactMap(\.self) } })
            #expect(try client.logProbs(request, options).teacherLogProbs.count == 3)
            #expect(waits.all.count >= 3)
            // Each reason is told of the server that gave it.
            let refusal = "\(changed.address) refused"
            #expect(waits.all.allSatisfy { ($0.server == "\(changed.address)") == $0.reason.contains(refusal) })
            #expect(told.withLock { $0.allSatisfy { isRefused($0, by: changed.address, .fingerprintMismatch) } })
            #expect(told.withLock { !$0.isEmpty })
        }
    }

    @Test func whoDoesNotWaitForTheRightOneIsTold() async throws {
        try await onThread {
            let changed = try RunningService()
            // Where the machine is busy it has had its rest, and is asked again, before the other one is found away.
            changed.service.willReply(Array(repeating: .problem(.fingerprintMismatch), count: 10_000))
            let client = client([changed.address, try ServerAddress("http://127.0.0.1:\(try freedPort())")])
            let error = #expect(throws: ScoringClientError.self) {
                try client.logProbs(request, CallOptions(patience: .zero))
            }
            guard case .noServer? = error else {
                Issue.record("\(error.map { "\($0)" } ?? "answered")")
                return
            }
        }
    }

    @Test func eachIsAskedForItself() async throws {
        try await onThread {
            let (first, busy, last) = (try RunningService(), try RunningService(), try RunningService())
            let away = try ServerAddress("http://127.0.0.1:\(try freedPort())")
            busy.service.willReply([.status(503)])
            let addresses = [first.address, away, busy.address, last.address]
            let reports = try client(addresses, hedgeAfter: .milliseconds(1)).infoOfEach()
            #expect(reports.map(\.server) == addresses.map(\.description))
            let said = reports.map { report in
                switch report.said {
                case .info(let info): info == FakeService.info ? "info" : "other"
                case .nothing(let reason): reason.contains("503") ? "busy" : "away"
                }
            }
            #expect(said == ["info", "away", "busy", "info"])
            #expect([first, busy, last].allSatisfy { $0.service.seen.map(\.path) == ["/info"] })
            // One that refuses is named.
            last.service.willReply([.problem(.unauthorized)])
            let error = #expect(throws: ScoringClientError.self) { try client(addresses).infoOfEach() }
            #expect(isRefused(error, by: last.address, .unauthorized))
        }
    }
}
