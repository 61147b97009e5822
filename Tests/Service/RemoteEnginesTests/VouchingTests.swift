import Foundation
import RemoteEngines
import Scoring
import Sequences
import System
import TestSupport
import Testing

/// What is kept of an engine's answers: that behind which its canaries were what they should be.
@Suite(.serialized) struct VouchingTests {
    private static func queue(_ store: MemoryStore) throws -> ScoreQueue {
        var configuration = ScoreQueue.Configuration(
            maxBatchTokens: 4096, maxQueuedTokens: 100_000, cacheTokens: 100_000)
        configuration.lastLook = Patience.duration
        return try ScoreQueue(configuration, store: store)
    }

    /// Says something else than the right answer of the canary of most tokens, so many times. The fake asks twice a request.
    private static func canaryOnce(_ answer: FakeEngineServer.Answer) -> @Sendable ([Int32]) -> FakeEngineServer.Answer
    {
        let left = Locked(2)
        return { ids in
            guard ids.count > 1000 else { return .right }
            return left.withLock { left in
                left -= 1
                return left >= 0 ? answer : .right
            }
        }
    }

    private static func ask(_ queue: ScoreQueue, _ engine: RemoteEngine, _ ids: [Int32]) throws -> ScoringOutcome {
        try queue.scores(
            [ScoringJob(engine: engine, segments: [Segment(tokenIDs: ids)])], deadline: .now + .seconds(300))
    }

    /// Weights are updated in place, and put back: nothing that was scored in between is ever served again.
    @Test(arguments: [EngineKind.vllm, .sglang]) func whatAnotherModelAnsweredIsNotKept(_ kind: EngineKind) async throws
    {
        try await onThread {
            let (fake, store, log) = (try RunningFakeEngine(kind.fake), MemoryStore(), EventLog())
            let engine = try Engines.load(Engines.settings(kind, [fake]), log: log)
            let queue = try Self.queue(store)
            defer { queue.shutDown() }
            let (first, second) = (Engines.ids(40, seed: 1), Engines.ids(50, seed: 2))
            _ = try Self.ask(queue, engine, first)
            engine.settle(patience: Patience.duration)
            #expect(store.all.count == 1)
            fake.engine.change { $0.shift = 0.001 }
            let wrong = try Self.ask(queue, engine, second).logProbs[0][0]
            #expect(
                sameBits(wrong, FakeEngineServer.expected(second, shift: 0.001)), "it answered before it was looked at")
            engine.settle(patience: Patience.duration)
            try Patience.eventually { log.checks(.changed) > 0 }
            fake.engine.change { $0.shift = 0 }
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            for ids in [first, second] {
                #expect(sameBits(try Self.ask(queue, engine, ids).logProbs[0][0], FakeEngineServer.expected(ids)))
            }
            engine.settle(patience: Patience.duration)
            let expected = [first, second].map { FakeEngineServer.expected($0).map(\.bitPattern) }
            #expect(Set(store.all.map { $0.map(\.bitPattern) }) == Set(expected))
            withExtendedLifetime(fake) {}
        }
    }

    /// One of two changes: the other goes on, and what the first answered is scored again.
    @Test func theOtherReplicaScoresItAgain() async throws {
        try await onThread {
            let (fakes, store, log) = (try (0..<2).map { _ in try RunningFakeEngine(.vllm) }, MemoryStore(), EventLog())
            let engine = try Engines.load(Engines.settings(.vllm, fakes), log: log)
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            let queue = try Self.queue(store)
            defer { queue.shutDown() }
            fakes[1].engine.change { $0.shift = 0.001 }
            let segments = (0..<8).map { Engines.ids(20 + $0, seed: $0) }
            for ids in segments { _ = try Self.ask(queue, engine, ids) }
            engine.settle(patience: Patience.duration)
            try Patience.eventually { log.checks(.changed) > 0 }
            for ids in segments {
                #expect(sameBits(try Self.ask(queue, engine, ids).logProbs[0][0], FakeEngineServer.expected(ids)))
            }
            engine.settle(patience: Patience.duration)
            #expect(
                Set(store.all.map { $0.map(\.bitPattern) })
                    == Set(segments.map { FakeEngineServer.expected($0).map(\.bitPattern) }))
            withExtendedLifetime(fakes) {}
        }
    }

    /// A queue that ends has the engine looked at, and stores what waited for that.
    @Test func theEndIsVouchedFor() async throws {
        try await onThread {
            let (fake, store) = (try RunningFakeEngine(.vllm), MemoryStore())
            let engine = try Engines.load(Engines.settings(.vllm, [fake]))
            let queue = try Self.queue(store)
            let segments = (0..<5).map { Engines.ids(20 + $0, seed: $0) }
            for ids in segments { _ = try Self.ask(queue, engine, ids) }
            queue.shutDown()
            #expect(store.all.count == segments.count)
            withExtendedLifetime(fake) {}
        }
    }

    /// A request that was under way when the engine turned out to be another is asked again, not answered.
    @Test func whatWasUnderWayIsAskedAgain() async throws {
        try await onThread {
            let (fakes, log) = (try (0..<2).map { _ in try RunningFakeEngine(.vllm) }, EventLog())
            let settings = try Engines.settings(.vllm, fakes) { $0.checkEvery = .milliseconds(300) }
            let engine = try Engines.load(settings, log: log)
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            let segments = (0..<8).map { Engines.ids(20 + $0, seed: 100 + $0) }
            fakes[1].engine.change { behavior in
                behavior.shift = 0.001
                behavior.answer = { ids in
                    // Held until a look has found it.
                    if segments.contains(ids) { try? Patience.eventually { log.checks(.changed) > 0 } }
                    return .right
                }
            }
            let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
            #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            withExtendedLifetime(fakes) {}
        }
    }

    /// Where whole corpora are scored the engine says whether all of a part is its own.
    @Test func aPartOfACorpusIsVouchedForOrNot() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]))
            func score(_ seed: Int) throws {
                _ = try engine.scores(PackedBatch(segments: (0..<3).map { Engines.ids(9, seed: seed + $0) }), topK: 0)
            }
            #expect(engine.vouch { false }, "nothing was scored")
            try score(0)
            #expect(engine.vouch { false })
            fake.engine.change { $0.shift = 0.001 }
            try score(10)
            #expect(!engine.vouch { false })
            fake.engine.change { $0.shift = 0 }
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            try score(20)
            #expect(engine.vouch { false })
            withExtendedLifetime(fake) {}
        }
    }

    /// Weights half changed: what can be asked is plausible, the canaries are not. Its answers are given up, and it is refused.
    @Test(arguments: [EngineKind.vllm, .sglang]) func canariesThatCannotBeGiveUpWhatWasAnswered(_ kind: EngineKind)
        async throws
    {
        try await onThread {
            let (fake, store, log) = (try RunningFakeEngine(kind.fake), MemoryStore(), EventLog())
            let engine = try Engines.load(Engines.settings(kind, [fake]), log: log)
            let queue = try Self.queue(store)
            let ids = Engines.ids(40, seed: 1)
            fake.engine.change { behavior in
                behavior.shift = 0.001
                behavior.answer = { $0 == ids ? .right : .aboveZero }
            }
            _ = try Self.ask(queue, engine, ids)
            engine.settle(patience: Patience.duration)
            try Patience.eventually { log.checks(.failed) > 0 }
            fake.engine.change { behavior in
                behavior.shift = 0
                behavior.answer = { _ in .right }
            }
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            queue.shutDown()
            #expect(store.all.isEmpty)
            withExtendedLifetime(fake) {}
        }
    }

    /// Once seen to be another it has been another, whatever it answers a moment later.
    @Test func aLookThatFoundAnotherModelIsNotRepeated() async throws {
        try await onThread {
            let (fake, store, log) = (try RunningFakeEngine(.vllm), MemoryStore(), EventLog())
            let engine = try Engines.load(Engines.settings(.vllm, [fake]), log: log)
            let queue = try Self.queue(store)
            fake.engine.change { $0.answer = Self.canaryOnce(.logProb("-9.5")) }
            _ = try Self.ask(queue, engine, Engines.ids(40, seed: 1))
            engine.settle(patience: Patience.duration)
            try Patience.eventually { log.checks(.changed) > 0 }
            queue.shutDown()
            #expect(store.all.isEmpty && log.checks(.changed) == 1)
            withExtendedLifetime(fake) {}
        }
    }

    /// What a process answered that is gone cannot be looked at any more, also where the engine does not tell its process.
    @Test(arguments: [EngineKind.vllm, .sglang]) func whatAProcessAnsweredThatIsGoneIsNotKept(_ kind: EngineKind)
        async throws
    {
        try await onThread {
            let (fake, store) = (try RunningFakeEngine(kind.fake), MemoryStore())
            // No look before it is gone.
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            let queue = try Self.queue(store)
            fake.engine.change { $0.shift = 0.001 }
            fake.engine.change { $0.answer = { $0.count > 1000 ? .silent : .right } }
            _ = try Self.ask(queue, engine, Engines.ids(40, seed: 1))
            fake.stop()
            try Patience.eventually { engine.fault != nil }
            let back = try RunningFakeEngine(kind.fake, port: fake.port) { $0.process = "1700000001.5" }
            try Patience.eventually { engine.fault == nil && engine.replicas[0].isUp }
            queue.shutDown()
            #expect(store.all.isEmpty)
            withExtendedLifetime(back) {}
            withExtendedLifetime(fake) {}
        }
    }

    /// One request that fails says nothing of the model: the canaries are asked again.
    @Test func aLookThatMerelyFailedIsRepeated() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(
                Engines.settings(.vllm, [fake]) { $0.timeout = Patience.duration })
            _ = try engine.scores(PackedBatch(segments: [Engines.ids(9, seed: 1)]), topK: 0)
            fake.engine.change { $0.answer = Self.canaryOnce(.status(500)) }
            #expect(engine.vouch { false })
            withExtendedLifetime(fake) {}
        }
    }

    /// Whoever stops does not wait as long as an engine may hang.
    @Test func whoStopsDoesNotWaitForAnEngineThatHangs() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]) { $0.timeout = .seconds(3600) })
            _ = try engine.scores(PackedBatch(segments: [Engines.ids(9, seed: 1)]), topK: 0)
            fake.engine.change { $0.answer = { $0.count > 1000 ? .silent : .right } }
            #expect(!engine.vouch { true })
            withExtendedLifetime(fake) {}
        }
    }

    /// A queue that is full is waited for by every canary.
    @Test func canariesWaitForAFullQueue() async throws {
        try await onThread {
            let (fake, log) = (try RunningFakeEngine(.sglang), EventLog())
            let settings = try Engines.settings(.sglang, [fake]) { $0.checkEvery = .milliseconds(50) }
            let engine = try Engines.load(settings, log: log)
            let (slow, isLetGo) = (Engines.ids(11, seed: 1), Locked(false))
            fake.engine.change { behavior in
                behavior.limit = 1
                behavior.answer = { ids in
                    if ids == slow { try? Patience.eventually { isLetGo.withLock { $0 } } }
                    return .right
                }
            }
            try Patience.eventually { engine.claim() }
            engine.start(EngineJob(id: 1, tokenIDs: slow), then: { _ in }, vouched: { _ in })
            fake.engine.waitForRunning(1)
            usleep(500_000)
            #expect(engine.fault == nil && log.checks(.failed) == 0)
            isLetGo.withLock { $0 = true }
            withExtendedLifetime(fake) {}
        }
    }

    /// A URL that hangs keeps no look at another waiting.
    @Test func oneThatHangsHoldsUpNoOther() async throws {
        try await onThread {
            let (fakes, store) = (try (0..<2).map { _ in try RunningFakeEngine(.vllm) }, MemoryStore())
            let engine = try Engines.load(Engines.settings(.vllm, fakes) { $0.timeout = Patience.duration })
            try Patience.eventually { engine.replicas.allSatisfy(\.isUp) }
            fakes[0].engine.change { $0.answer = { $0.count > 1000 ? .silent : .right } }
            let queue = try Self.queue(store)
            let segments = (0..<8).map { Engines.ids(20 + $0, seed: $0) }
            for ids in segments { _ = try Self.ask(queue, engine, ids) }
            engine.settle(patience: .milliseconds(200))
            try Patience.eventually { !store.all.isEmpty }
            fakes[0].stop()
            queue.shutDown()
            withExtendedLifetime(fakes) {}
        }
    }
}
