import Foundation
import Scoring
import Sequences
import TestSupport
import Testing

/// Entropy and normalizer beside log-probs: each request pays for its own temperatures, and nothing keeps them.
@Suite struct TemperedScoreTests {
    private func ask(
        _ queue: ScoreQueue, _ engine: FakeEngine, _ ids: [[Int32]], _ detail: ScoreDetail
    ) async throws -> ScoringOutcome {
        try await onThread {
            try queue.scores(
                [ScoringJob(engine: engine, segments: ids.map(segment), detail: detail)],
                deadline: .now + .seconds(60))
        }
    }

    private func same(_ got: TokenScores, _ ids: [Int32], _ temperatures: [Double]) -> Bool {
        let batch = PackedBatch(segments: [ids])
        return got.tempered.map(\.temperature) == temperatures
            && sameBits(got.logProbs, FakeEngine.expected(ids))
            && got.tempered.allSatisfy { tempered in
                let expected = FakeEngine.expectedTempered(batch, tempered.temperature)
                return sameBits(tempered.logSumExps, expected.logSumExps)
                    && sameBits(tempered.entropies, expected.entropies)
            }
    }

    @Test func logProbsAreKeptAndTheseAreNot() async throws {
        let (store, engine) = (FakeStore(), FakeEngine())
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 1000, cacheTokens: 1000), store: store)
        defer { queue.shutDown() }
        let segments = [ids(7, seed: 1), ids(1, seed: 2), ids(5, seed: 3)]
        let detail = ScoreDetail(temperatures: [2, 0.5])
        for _ in 1...2 {
            let outcome = try await ask(queue, engine, segments, detail)
            for (got, ids) in zip(outcome.scores[0], segments) { #expect(same(got, ids, [2, 0.5])) }
            #expect(outcome.computedTokens == 12 && outcome.cachedTokens == 0 && outcome.storedTokens == 0)
        }
        #expect(engine.detailsRun == [detail, detail])
        let plain = try await ask(queue, engine, segments, .none)
        #expect(plain.cachedTokens == 12 && plain.scores[0].allSatisfy(\.tempered.isEmpty))
        #expect(store.count == 2 && store.lookUps == 0)
    }

    @Test func noneIsComputedForWhoDoesNotWantIt() async throws {
        let engine = FakeEngine(held: true)
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 1000, cacheTokens: 0))
        defer { queue.shutDown() }
        async let blocker = ask(queue, engine, [ids(2, seed: 9)], .none)
        try await onThread { engine.waitUntilEntered() }
        let shared = ids(6, seed: 1)
        let wanted = [
            ScoreDetail(temperatures: [2]), ScoreDetail(topK: 4, temperatures: [2]), ScoreDetail(temperatures: [1, 3]),
            .none,
        ]
        async let first = ask(queue, engine, [shared, ids(3, seed: 5)], wanted[0])
        async let second = ask(queue, engine, [shared], wanted[1])
        async let third = ask(queue, engine, [ids(3, seed: 5), shared], wanted[2])
        async let fourth = ask(queue, engine, [shared], wanted[3])
        try await onThread { try Patience.eventually { queue.waitingRequests >= 5 } }
        #expect(queue.queuedTokens == 2 + 9 * 2 + 6 * 6 + 9 * 3 + 6)
        engine.open()
        let outcomes = try await [first, second, third, fourth, blocker]
        #expect(same(outcomes[0].scores[0][0], shared, [2]) && same(outcomes[0].scores[0][1], ids(3, seed: 5), [2]))
        #expect(same(outcomes[1].scores[0][0], shared, [2]) && outcomes[1].scores[0][0].top?.k == 4)
        #expect(same(outcomes[2].scores[0][0], ids(3, seed: 5), [1, 3]))
        #expect(same(outcomes[2].scores[0][1], shared, [1, 3]) && same(outcomes[3].scores[0][0], shared, []))
        #expect(Set(engine.detailsRun) == [.none, ScoreDetail(topK: 4, temperatures: [2]), wanted[2]])
        #expect(engine.detailsRun.count == 4)
    }
}
