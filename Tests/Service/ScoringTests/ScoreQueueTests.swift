import Digests
import Dispatch
import Foundation
import Scoring
import Sequences
import System
import TestSupport
import Testing

@Suite struct ScoreQueueTests {
    private static let soon = Duration.seconds(300)

    private func queue(
        batch: Int = 100, queued: Int = 10_000, cache: Int = 10_000,
        store: FakeStore? = nil, onBatch: @escaping @Sendable (BatchReport) -> Void = { _ in }
    ) throws -> ScoreQueue {
        try ScoreQueue(
            .init(maxBatchTokens: batch, maxQueuedTokens: queued, cacheTokens: cache), store: store, onBatch: onBatch)
    }

    private func ask(
        _ queue: ScoreQueue, _ engine: FakeEngine, _ segments: [[Int32]], within: Duration = soon,
        caller: CallerWatch = .none
    ) async throws -> ScoringOutcome {
        try await onThread {
            try queue.scores(
                [ScoringJob(engine: engine, segments: segments.map(segment))], deadline: .now + within, caller: caller)
        }
    }

    /// Waits until `count` requests wait in the queue.
    private func untilWaiting(_ queue: ScoreQueue, _ count: Int) async throws {
        try await onThread { try Patience.eventually { queue.waitingRequests >= count } }
    }

    @Test func everySegmentGetsItsOwnLogProbs() async throws {
        let (queue, engine) = (try queue(), FakeEngine())
        defer { queue.shutDown() }
        let segments = [ids(3, seed: 1), ids(1, seed: 2), ids(40, seed: 3), ids(3, seed: 1)]
        let outcome = try await ask(queue, engine, segments)
        #expect(outcome.logProbs.count == 1)
        for (got, ids) in zip(outcome.logProbs[0], segments) { #expect(sameBits(got, FakeEngine.expected(ids))) }
        #expect(outcome.computedTokens == 43)
        #expect(engine.batchSizes == [43])
    }

    @Test func aRequestLargerThanABatchIsSplit() async throws {
        let (queue, engine) = (try queue(batch: 100), FakeEngine())
        defer { queue.shutDown() }
        let segments = (0..<25).map { ids(30, seed: Int32($0)) }
        let outcome = try await ask(queue, engine, segments)
        for (got, ids) in zip(outcome.logProbs[0], segments) { #expect(sameBits(got, FakeEngine.expected(ids))) }
        #expect(engine.batchSizes.allSatisfy { $0 <= 100 })
        #expect(engine.batchSizes.reduce(0, +) == 750)
    }

    @Test func equalSegmentsInFlightAreScoredOnce() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        let shared = ids(20, seed: 1)
        async let first = ask(queue, engine, [shared])
        try await onThread { engine.waitUntilEntered() }
        async let second = ask(queue, engine, [shared, ids(5, seed: 2)])
        async let third = ask(queue, engine, [shared])
        try await untilWaiting(queue, 3)
        engine.open()
        let outcomes = try await [first, second, third]
        for outcome in outcomes { #expect(sameBits(outcome.logProbs[0][0], FakeEngine.expected(shared))) }
        #expect(outcomes[1].sharedTokens == 20)
        #expect(outcomes[1].computedTokens == 5)
        #expect(outcomes[2].computedTokens == 0)
        #expect(engine.batchesRun == [shared, ids(5, seed: 2)])
    }

    @Test func aSecondRequestIsAnsweredFromTheCache() async throws {
        let (queue, engine) = (try queue(), FakeEngine())
        defer { queue.shutDown() }
        let first = try await ask(queue, engine, [ids(50, seed: 1)])
        let second = try await ask(queue, engine, [ids(50, seed: 1)])
        #expect(sameBits(first.logProbs[0][0], second.logProbs[0][0]))
        #expect(second.cachedTokens == 50)
        #expect(engine.batchSizes == [50])
    }

    @Test func withoutACacheItIsScoredAgain() async throws {
        let (queue, engine) = (try queue(cache: 0), FakeEngine())
        defer { queue.shutDown() }
        for _ in 0..<2 { _ = try await ask(queue, engine, [ids(50, seed: 1)]) }
        #expect(engine.batchSizes == [50, 50])
    }

    @Test func theStoreIsAskedBeforeTheEngineAndGetsWhatTheEngineMade() async throws {
        let (store, engine) = (FakeStore(), FakeEngine())
        let first = try queue(store: store)
        _ = try await ask(first, engine, [ids(20, seed: 1), ids(1, seed: 5)])
        first.shutDown()
        #expect(store.count == 1)
        let second = try queue(store: store)
        defer { second.shutDown() }
        let outcome = try await ask(second, engine, [ids(20, seed: 1), ids(10, seed: 2)])
        #expect(outcome.storedTokens == 20)
        #expect(outcome.computedTokens == 10)
        #expect(sameBits(outcome.logProbs[0][0], FakeEngine.expected(ids(20, seed: 1))))
        #expect(engine.batchSizes == [20, 10])
        // The second time it comes from memory: the store is not asked again.
        let asked = store.lookUps
        #expect(try await ask(second, engine, [ids(20, seed: 1)]).cachedTokens == 20)
        #expect(store.lookUps == asked)
    }

    @Test func batchesAreFilledAcrossRequests() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        async let a = ask(queue, engine, [ids(10, seed: 1)])
        async let b = ask(queue, engine, [ids(10, seed: 2)])
        async let c = ask(queue, engine, [ids(10, seed: 3)])
        try await untilWaiting(queue, 4)
        engine.open()
        _ = try await [blocker, a, b, c]
        #expect(engine.batchSizes == [2, 30])
    }

    @Test func aSmallRequestDoesNotWaitForALargeOne() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let large = ask(queue, engine, (0..<100).map { ids(10, seed: Int32($0)) })
        try await onThread { engine.waitUntilEntered() }
        async let small = ask(queue, engine, [ids(4, seed: 1_000)])
        try await untilWaiting(queue, 2)
        engine.letOneBatchThrough()
        engine.letOneBatchThrough()
        let outcome = try await small
        #expect(sameBits(outcome.logProbs[0][0], FakeEngine.expected(ids(4, seed: 1_000))))
        #expect(queue.waitingRequests == 1)
        engine.open()
        _ = try await large
    }

    @Test func aLargeSegmentIsNotStarvedBySmallOnes() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        async let large = ask(queue, engine, [ids(100, seed: 1)])
        try await untilWaiting(queue, 2)
        async let small = ask(queue, engine, (2..<50).map { ids(10, seed: $0) })
        try await untilWaiting(queue, 3)
        engine.open()
        _ = try await [blocker, large, small]
        #expect(engine.batchSizes.prefix(2) == [2, 100])
    }

    @Test func twoEnginesTakeTurnsAndOneRequestMayUseBoth() async throws {
        let (queue, teacher, base) = (try queue(), FakeEngine("teacher"), FakeEngine("base"))
        defer { queue.shutDown() }
        let segments = (0..<20).map { segment(ids(10, seed: $0)) }
        let outcome = try await onThread {
            try queue.scores(
                [ScoringJob(engine: teacher, segments: segments), ScoringJob(engine: base, segments: segments)],
                deadline: .now + Self.soon)
        }
        #expect(outcome.logProbs.count == 2)
        #expect(outcome.computedTokens == 400)
        #expect(teacher.batchSizes == [100, 100])
        #expect(base.batchSizes == [100, 100])
    }

    @Test func enginesOfOneFingerprintShareResults() async throws {
        let (queue, teacher, base) = (try queue(), FakeEngine("same"), FakeEngine("same"))
        defer { queue.shutDown() }
        let segments = [segment(ids(10, seed: 1))]
        let outcome = try await onThread {
            try queue.scores(
                [ScoringJob(engine: teacher, segments: segments), ScoringJob(engine: base, segments: segments)],
                deadline: .now + Self.soon)
        }
        #expect(sameBits(outcome.logProbs[0][0], outcome.logProbs[1][0]))
        #expect(teacher.batchSizes == [10])
        #expect(base.batchSizes == [])
    }

    @Test func whatDoesNotFitTheQueueIsRefusedWithATime() async throws {
        let (queue, engine) = (try queue(queued: 120), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let first = ask(queue, engine, [ids(100, seed: 1)])
        try await onThread { engine.waitUntilEntered() }
        let error = await #expect(throws: QueueError.self) { try await ask(queue, engine, [ids(21, seed: 2)]) }
        guard case .full(21, 100, 120, let retryAfter) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(retryAfter >= .seconds(1))
        await #expect(throws: QueueError.requestTooLarge(tokens: 121, limit: 120)) {
            try await ask(queue, engine, [ids(121, seed: 2)])
        }
        // What others wait for already needs no room.
        async let joined = ask(queue, engine, [ids(100, seed: 1), ids(20, seed: 3)])
        try await untilWaiting(queue, 2)
        engine.open()
        _ = try await [first, joined]
        #expect(queue.queuedTokens == 0)
    }

    @Test func aPassedDeadlineLeavesTheQueueAndARetryPicksUpWhatIsDone() async throws {
        let (queue, engine) = (try queue(batch: 10), FakeEngine(held: true))
        defer { queue.shutDown() }
        let late = Task { try await ask(queue, engine, [ids(10, seed: 1), ids(10, seed: 2)], within: .seconds(1)) }
        try await onThread { engine.waitUntilEntered() }
        let error = await #expect(throws: QueueError.self) { try await late.value }
        guard case .deadlineExceeded = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // Only the batch that runs is left; the second segment was taken back.
        #expect(queue.queuedTokens == 10)
        engine.open()
        try await onThread { try Patience.eventually { queue.queuedTokens <= 0 } }
        let retry = try await ask(queue, engine, [ids(10, seed: 1), ids(10, seed: 2)])
        #expect(retry.cachedTokens == 10)
        #expect(engine.batchSizes == [10, 10])
    }

    @Test func aCallerThatLeavesCancelsWhatOnlyItWaitsFor() async throws {
        let (queue, engine) = (try queue(batch: 10), FakeEngine(held: true))
        defer { queue.shutDown() }
        let leave = DispatchSemaphore(value: 0)
        async let blocker = ask(queue, engine, [ids(10, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        let caller = CallerWatch { _, _ in
            leave.wait()
            return .callerGone
        }
        let leaving = Task { try await ask(queue, engine, [ids(10, seed: 1), ids(10, seed: 2)], caller: caller) }
        async let staying = ask(queue, engine, [ids(10, seed: 2)])
        try await untilWaiting(queue, 3)
        #expect(queue.queuedTokens == 30)
        leave.signal()
        await #expect(throws: QueueError.clientGone) { try await leaving.value }
        #expect(queue.queuedTokens == 20)
        engine.open()
        _ = try await [blocker, staying]
        #expect(engine.batchesRun == [ids(10, seed: 0), ids(10, seed: 2)])
    }

    @Test func aSegmentThatFailsDoesNotTakeItsNeighboursAlong() async throws {
        let failures = Locked<[String]>([])
        let queue = try queue { report in failures.withLock { $0 += report.failures } }
        let engine = FakeEngine(held: true)
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        async let good = ask(queue, engine, [ids(10, seed: 1)])
        let bad = Task { try await ask(queue, engine, [[1, FakeEngine.poisonID]]) }
        try await untilWaiting(queue, 3)
        engine.open()
        #expect(sameBits(try await good.logProbs[0][0], FakeEngine.expected(ids(10, seed: 1))))
        await #expect(throws: QueueError.engineFailed("Poison()")) { try await bad.value }
        _ = try await blocker
        #expect(failures.withLock { $0 } == ["the engine failed: Poison()"])
    }

    /// It is found by halves, so that what begins alike stays together while it is looked for.
    @Test func aSegmentThatFailsIsFoundByHalves() async throws {
        let (queue, engine) = (try queue(batch: 1_000), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        let segments = (1...15).map { ids(10, seed: Int32($0)) }
        async let good = ask(queue, engine, segments)
        try await untilWaiting(queue, 2)
        let bad = Task { try await ask(queue, engine, [[1, FakeEngine.poisonID]]) }
        try await untilWaiting(queue, 3)
        engine.open()
        for (got, ids) in zip(try await good.logProbs[0], segments) { #expect(sameBits(got, FakeEngine.expected(ids))) }
        await #expect(throws: QueueError.engineFailed("Poison()")) { try await bad.value }
        _ = try await blocker
        // All, then of 16, 8, 4 and 2 the half that can be scored and the half that cannot.
        #expect(engine.batchSizes == [2, 152, 80, 72, 40, 32, 20, 12, 10, 2])
    }

    /// No answer has it, and no store keeps it.
    @Test func aLogProbThatIsNoNumberFailsItsSegmentAlone() async throws {
        let store = FakeStore()
        let (queue, engine) = (try queue(store: store), FakeEngine())
        defer { queue.shutDown() }
        let wrong: [Int32] = [1, FakeEngine.overflowID, 2]
        let key = ScoringJob(engine: engine, segments: []).key(of: segment(wrong))
        await #expect(throws: QueueError.impossibleLogProb(key, position: 1, got: "-inf")) {
            try await ask(queue, engine, [ids(10, seed: 1), wrong])
        }
        let good = try await ask(queue, engine, [ids(10, seed: 1)])
        #expect(sameBits(good.logProbs[0][0], FakeEngine.expected(ids(10, seed: 1))))
        queue.shutDown()
        #expect(store.count == 1)
    }

    @Test func aLogProbThatCannotBeFailsItsSegment() async throws {
        let store = FakeStore()
        let (queue, engine) = (try queue(store: store), FakeEngine())
        let wrong: [Int32] = [1, FakeEngine.aboveZeroID, 2]
        let key = ScoringJob(engine: engine, segments: []).key(of: segment(wrong))
        await #expect(throws: QueueError.impossibleLogProb(key, position: 1, got: "0.5")) {
            try await ask(queue, engine, [wrong])
        }
        queue.shutDown()
        #expect(store.count == 0)
    }

    /// Its checksum may be right: then it was written so.
    @Test(
        arguments: [[.nan, -1, 0.5], [-1, -1, -1], [.nan, .nan, -1], [.nan, -.infinity, -1], [.nan, -1], []]
            as [[Float]])
    func whatNoModelCanGiveIsScoredAnewAndNotReadFromAStore(_ kept: [Float]) async throws {
        let (store, engine) = (FakeStore(), FakeEngine())
        let queue = try queue(store: store)
        defer { queue.shutDown() }
        let ids = ids(3, seed: 1)
        store.append([
            StoredSegment(
                key: ScoringJob(engine: engine, segments: []).key(of: segment(ids)), logProbs: kept)
        ])
        let outcome = try await ask(queue, engine, [ids])
        #expect(outcome.storedTokens == 0 && outcome.computedTokens == 3)
        #expect(sameBits(outcome.logProbs[0][0], FakeEngine.expected(ids)))
    }

    @Test func shutDownFailsWhatWaitsAndRefusesWhatComes() async throws {
        let (queue, engine) = (try queue(batch: 10), FakeEngine(held: true))
        let running = Task { try await ask(queue, engine, [ids(10, seed: 0), ids(10, seed: 1)]) }
        try await onThread { engine.waitUntilEntered() }
        async let stopping: Void = onThread { queue.shutDown() }
        await #expect(throws: QueueError.shutDown) { try await running.value }
        engine.open()
        try await stopping
        await #expect(throws: QueueError.shutDown) { try await ask(queue, engine, [ids(1, seed: 0)]) }
        #expect(engine.batchSizes == [10])
    }

    @Test func manyRequestsAtOnceAllGetTheirOwn() async throws {
        let (queue, engine) = (try queue(batch: 64, queued: 100_000, cache: 2_000), FakeEngine())
        defer { queue.shutDown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for request in 0..<32 {
                group.addTask {
                    for round in 0..<20 {
                        let segments = (0..<5).map { ids(1 + (request + round * $0) % 40, seed: Int32(round % 7 + $0)) }
                        let outcome = try await ask(queue, engine, segments)
                        #expect(outcome.queueTime >= .zero && outcome.inferenceTime >= .zero)
                        for (got, ids) in zip(outcome.logProbs[0], segments) {
                            #expect(sameBits(got, FakeEngine.expected(ids)))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(queue.queuedTokens == 0)
        #expect(queue.waitingRequests == 0)
    }

    @Test func warmUpMeasuresTheRateAndIsKeptNowhere() async throws {
        let store = FakeStore()
        let (queue, engine) = (try queue(store: store), FakeEngine())
        defer { queue.shutDown() }
        let rules = SequenceRules(vocabularySize: 100, maxSequenceTokens: 50)
        let rate = try await onThread { try WarmUp.run(engine, rules: rules, queue: queue) }
        #expect(try #require(rate) > 0)
        // The second one by what the first one took: on a machine that stands still there is none.
        let sizes = engine.batchSizes
        #expect(sizes.first == 16 && sizes.count <= 2 && sizes.allSatisfy((16...50).contains))
        // A server that starts again with its store measures again.
        _ = try await onThread { try WarmUp.run(engine, rules: rules, queue: queue) }
        #expect(engine.batchSizes.count > sizes.count)
        #expect(queue.cachedTokens == 0 && store.count == 0 && store.lookUps == 0)
    }

    @Test func aSlowModelIsWarmedUpByOneBatch() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        let rules = SequenceRules(vocabularySize: 100, maxSequenceTokens: 50)
        async let rate = onThread { try WarmUp.run(engine, rules: rules, queue: queue) }
        try await onThread { engine.waitUntilEntered() }
        try await Task.sleep(for: .milliseconds(300))
        engine.open()
        #expect(try #require(try await rate) > 0)
        #expect(engine.batchSizes == [16])
    }

    @Test func warmUpDoesNotFailForAFullQueue() async throws {
        let (queue, engine) = (try queue(queued: 20), FakeEngine(held: true))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(10, seed: 0)])
        try await onThread { engine.waitUntilEntered() }
        let rules = SequenceRules(vocabularySize: 100, maxSequenceTokens: 50)
        let rate = try await onThread { try WarmUp.run(engine, rules: rules, queue: queue) }
        #expect(rate == nil)
        engine.open()
        _ = try await blocker
    }
}
