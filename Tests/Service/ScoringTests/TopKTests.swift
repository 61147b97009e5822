import Digests
import Dispatch
import Foundation
import Scoring
import Sequences
import TestSupport
import Testing

/// The likeliest tokens beside log-probs: shared, cut and counted, never kept.
@Suite struct TopKTests {
    private static let soon = Duration.seconds(300)

    private func ask(_ queue: ScoreQueue, _ engine: FakeEngine, _ ids: [[Int32]], topK: Int) async throws
        -> ScoringOutcome
    {
        try await onThread {
            try queue.scores(
                [ScoringJob(engine: engine, segments: ids.map(segment), detail: ScoreDetail(topK: topK))],
                deadline: .now + Self.soon)
        }
    }

    private func expected(_ ids: [Int32], _ topK: Int) -> TopLogProbs {
        FakeEngine.expectedTop(PackedBatch(segments: [ids]), topK)
    }

    @Test func logProbsAreKeptAndLikeliestTokensAreNot() async throws {
        let (store, engine) = (FakeStore(), FakeEngine())
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 1000, cacheTokens: 1000), store: store)
        defer { queue.shutDown() }
        let segments = [ids(7, seed: 1), ids(1, seed: 2), ids(5, seed: 3)]
        for round in 1...2 {
            let outcome = try await ask(queue, engine, segments, topK: 3)
            for (got, ids) in zip(outcome.scores[0], segments) {
                #expect(sameBits(got.logProbs, FakeEngine.expected(ids)))
                let top = try #require(got.top)
                #expect(top.tokenIDs == expected(ids, 3).tokenIDs)
                #expect(sameBits(top.logProbs, expected(ids, 3).logProbs))
            }
            #expect(outcome.computedTokens == 12 && outcome.cachedTokens == 0 && outcome.storedTokens == 0)
            #expect(engine.topKsRun == [Int](repeating: 3, count: round))
        }
        // The log-probs of the first pass serve those who want no more; the store has them once, under their plain key.
        let plain = try await ask(queue, engine, segments, topK: 0)
        #expect(plain.cachedTokens == 12 && plain.computedTokens == 0)
        #expect(plain.scores[0].allSatisfy { $0.top == nil })
        #expect(store.count == 2 && store.lookUps == 0)
        let keys = segments.map { SegmentKey(scoresFingerprint: engine.scoresFingerprint, segment: segment($0).digest) }
        #expect(store.logProbs(for: keys).map { $0 != nil } == [true, false, true])
    }

    /// One batch may hold requests for several k: the largest is computed, the others get its beginning.
    @Test func aBatchComputesTheMostAndEachGetsItsOwn() async throws {
        let engine = FakeEngine(held: true)
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 1000, cacheTokens: 0))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 9)], topK: 0)
        try await onThread { engine.waitUntilEntered() }
        let shared = ids(6, seed: 1)
        async let two = ask(queue, engine, [shared], topK: 2)
        async let five = ask(queue, engine, [shared], topK: 5)
        async let none = ask(queue, engine, [shared], topK: 0)
        try await onThread { try Patience.eventually { queue.waitingRequests >= 4 } }
        engine.open()
        let outcomes = try await [two, five, none, blocker]
        #expect(outcomes.map { $0.scores[0][0].top?.k } == [2, 5, nil, nil])
        for (outcome, k) in zip(outcomes, [2, 5]) {
            #expect(outcome.scores[0][0].top?.tokenIDs == expected(shared, k).tokenIDs)
        }
        #expect(engine.topKsRun == [0, 5])
    }

    /// What they take until they are answered counts against the queue.
    @Test func theyTakeTheirRoomInTheQueue() async throws {
        let engine = FakeEngine(held: true)
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 100, cacheTokens: 0))
        defer { queue.shutDown() }
        async let first = ask(queue, engine, [ids(10, seed: 1)], topK: 7)
        try await onThread { engine.waitUntilEntered() }
        #expect(queue.queuedTokens == 80)
        await #expect(throws: QueueError.self) { try await ask(queue, engine, [ids(3, seed: 2)], topK: 7) }
        async let fits = ask(queue, engine, [ids(3, seed: 2)], topK: 5)
        try await onThread { try Patience.eventually { queue.waitingRequests >= 2 } }
        #expect(queue.queuedTokens == 98)
        engine.open()
        _ = try await (first, fits)
        #expect(queue.queuedTokens == 0)
        await #expect(throws: QueueError.requestTooLarge(tokens: 110, limit: 100)) {
            try await ask(queue, engine, [ids(11, seed: 3)], topK: 9)
        }
    }
}
