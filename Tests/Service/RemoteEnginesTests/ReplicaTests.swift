import Dispatch
import Foundation
import RemoteEngines
import Sequences
import System
import TestSupport
import Testing

/// Several URLs, full ones, and ones that go.
@Suite(.serialized) struct ReplicaTests {
    private static let patience = 60.0

    @Test func anEngineWithAShortQueueIsNeverAskedInVain() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm) {
                $0.limit = 4
                $0.delay = .milliseconds(2)
            }
            let log = EventLog()
            let engine = try Engines.load(Engines.settings(.vllm, [fake]), log: log)
            let segments = (0..<200).map { Engines.ids(20 + $0 % 30, seed: $0) }
            let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
            #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            #expect(fake.engine.mostAtOnce <= 4)
            #expect(log.requests(.busy) > 0 && log.requests(.failed) == 0)
            #expect(try #require(engine.replicas.first).window < 16)
        }
    }

    @Test func hundredsRunAtOnceAndTheWindowGrows() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm) { $0.delay = .milliseconds(200) }
            let engine = try Engines.load(Engines.settings(.vllm, [fake]) { $0.maxInFlight = 64 })
            let segments = (0..<400).map { Engines.ids(3, seed: $0) }
            let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
            #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            #expect(fake.engine.mostAtOnce > 32 && fake.engine.mostAtOnce <= 64)
        }
    }

    @Test func twoReplicasShareTheWork() async throws {
        try await onThread {
            let fakes = try (0..<2).map { _ in try RunningFakeEngine(.sglang) { $0.delay = .milliseconds(5) } }
            let engine = try Engines.load(Engines.settings(.sglang, fakes) { $0.maxInFlight = 4 })
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            let before = fakes.map(\.engine.answered)
            _ = try engine.scores(PackedBatch(segments: (0..<100).map { Engines.ids(10, seed: $0) }), topK: 0)
            let shares = zip(fakes, before).map { $0.engine.answered - $1 }
            #expect(shares.reduce(0, +) == 100 && shares.allSatisfy { $0 > 20 }, "\(shares)")
        }
    }

    /// One client, one segment at a time: between two of them all URLs are idle, and equal.
    @Test func aLoneClientAsksAllReplicasInTurn() async throws {
        try await onThread {
            let fakes = try (0..<3).map { _ in try RunningFakeEngine(.vllm) }
            let engine = try Engines.load(Engines.settings(.vllm, fakes))
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            let before = fakes.map(\.engine.answered)
            for seed in 0..<30 { _ = try engine.scores(PackedBatch(segments: [Engines.ids(9, seed: seed)]), topK: 0) }
            #expect(zip(fakes, before).map { $0.engine.answered - $1 } == [10, 10, 10])
        }
    }

    /// The one that is killed midway loses nothing, and is used again once it is back.
    @Test(arguments: [EngineKind.vllm, .sglang]) func aReplicaMayGoAndComeBack(_ kind: EngineKind) async throws {
        try await onThread {
            let stays = try RunningFakeEngine(kind.fake) { $0.delay = .milliseconds(3) }
            let goes = try RunningFakeEngine(kind.fake) { $0.delay = .milliseconds(3) }
            let engine = try Engines.load(Engines.settings(kind, [stays, goes]) { $0.maxInFlight = 8 })
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            let segments = (0..<300).map { Engines.ids(10, seed: $0) }
            Thread.detachNewThread {
                goes.engine.waitForRunning(1)
                goes.stop()
            }
            let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
            #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            let back = try RunningFakeEngine(kind.fake, port: goes.port)
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            #expect(back.engine.answered > 0, "its canaries")
        }
    }

    /// It is asked in the other way from then on, its canaries too.
    @Test func aReplicaMayComeBackWithoutTeacherScoring() async throws {
        try await onThread {
            let goes = try RunningFakeEngine(.vllm) { $0.hasTeacherScoring = true }
            let engine = try Engines.load(Engines.settings(.vllm, [goes]))
            goes.stop()
            try Patience.eventually {
                if case .failure = engine.score(Engines.ids(9, seed: 1)) { true } else { false }
            }
            let back = try RunningFakeEngine(.vllm, port: goes.port) { $0.process = "1700000001.5" }
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            let ids = Engines.ids(30, seed: 2)
            #expect(sameBits(try engine.score(ids, id: 2).get().logProbs, FakeEngineServer.expected(ids)))
            withExtendedLifetime(back) {}
        }
    }

    /// What comes back under the same URL with other weights is not asked for scores.
    @Test(arguments: [EngineKind.vllm, .sglang]) func aReplicaThatComesBackAsAnotherIsNotAsked(_ kind: EngineKind)
        async throws
    {
        try await onThread {
            let (stays, goes) = (try RunningFakeEngine(kind.fake), try RunningFakeEngine(kind.fake))
            let log = EventLog()
            let engine = try Engines.load(Engines.settings(kind, [stays, goes]), log: log)
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            goes.stop()
            try Patience.eventually { !engine.replicas[1].isUp }
            let other = try RunningFakeEngine(kind.fake, port: goes.port) {
                $0.shift = 0.001
                $0.process = "1700000001.5"
            }
            for round in 0..<20 {
                let segments = (0..<20).map { Engines.ids(10, seed: 20 * round + $0) }
                let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
                #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            }
            try Patience.eventually { log.checks(.changed) > 0 }
            #expect(engine.fault == nil && engine.replicas.map(\.isUp) == [true, false])
            withExtendedLifetime(other) {}
        }
    }

    @Test func whereNoneIsLeftThatIsSaidAtOnceAndItIsFoundWhenItIsBack() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]))
            let changes = DispatchSemaphore(value: 0)
            engine.onChange { changes.signal() }
            fake.stop()
            guard case .failure(.unreachable(_, _, let retryAfter)) = engine.score(Engines.ids(5, seed: 1)) else {
                Issue.record("nobody was there")
                return
            }
            #expect(retryAfter >= .seconds(1) && engine.fault != nil && !engine.claim())
            let back = try RunningFakeEngine(.vllm, port: fake.port)
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            let ids = Engines.ids(5, seed: 2)
            #expect(sameBits(try engine.score(ids, id: 2).get().logProbs, FakeEngineServer.expected(ids)))
            #expect(changes.wait(timeout: .now() + Self.patience) == .success)
            withExtendedLifetime(back) {}
        }
    }

    @Test func tornAnswersAreAskedForAgain() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let log = EventLog()
            let engine = try Engines.load(Engines.settings(.vllm, [fake]), log: log)
            let (ids, left) = (Engines.ids(30, seed: 5), Locked(2))
            fake.engine.change { behavior in
                behavior.answer = { asked in
                    guard asked == ids else { return .right }
                    return left.withLock { left in
                        left -= 1
                        return left >= 0 ? .torn : .right
                    }
                }
            }
            #expect(sameBits(try engine.score(ids).get().logProbs, FakeEngineServer.expected(ids)))
            #expect(log.requests(.failed) > 0 && log.retries > 0)
        }
    }

    /// A segment that makes any engine fail is given up; the engine goes on with the others.
    @Test func aSegmentThatAlwaysFailsIsGivenUp() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]))
            let poison = Engines.ids(30, seed: 5)
            fake.engine.change { $0.answer = { $0 == poison ? .status(500) : .right } }
            guard case .failure(.unreachable(_, let reason, _)) = engine.score(poison) else {
                Issue.record("it was scored")
                return
            }
            #expect(reason.contains("500"))
            let ids = Engines.ids(30, seed: 6)
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            #expect(sameBits(try engine.score(ids, id: 2).get().logProbs, FakeEngineServer.expected(ids)))
        }
    }

    @Test func whoLeavesHasHisRequestsAborted() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]))
            fake.engine.change { $0.answer = { $0.count == 11 ? .silent : .right } }
            for id in 1...3 {
                #expect(engine.claim())
                engine.start(EngineJob(id: id, tokenIDs: Engines.ids(11, seed: id)), then: { _ in }, vouched: { _ in })
            }
            fake.engine.waitForRunning(3)
            for id in 1...3 { engine.abort(id) }
            fake.engine.waitForGone(3)
            #expect(engine.replicas[0].running == 0)
            let ids = Engines.ids(8, seed: 9)
            #expect(sameBits(try engine.score(ids, id: 4).get().logProbs, FakeEngineServer.expected(ids)))
        }
    }
}
