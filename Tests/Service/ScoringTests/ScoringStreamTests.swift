import Dispatch
import Foundation
import Scoring
import Sequences
import TestSupport
import Testing

@Suite struct ScoringStreamTests {
    private static let soon = Duration.seconds(300)

    private func queue(batch: Int = 10, queued: Int = 10_000, cache: Int = 10_000) throws -> ScoreQueue {
        try ScoreQueue(.init(maxBatchTokens: batch, maxQueuedTokens: queued, cacheTokens: cache))
    }

    private func job(_ engine: FakeEngine, _ segments: [[Int32]]) -> ScoringJob {
        ScoringJob(engine: engine, segments: segments.map(segment))
    }

    private func key(_ engine: FakeEngine, _ ids: [Int32]) -> SegmentKey {
        SegmentKey(scoresFingerprint: engine.scoresFingerprint, segment: segment(ids).digest)
    }

    @Test func resultsComeAsTheyFinish() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        let segments = (0..<4).map { ids(10, seed: $0) }
        try await onThread {
            let stream = try queue.stream([job(engine, segments + [ids(1, seed: 9)])])
            // One token has nothing to be scored: it is there at once.
            guard case .finished(let known) = try stream.next(until: .now + Self.soon) else { throw Unexpected() }
            #expect(Array(known.keys) == [key(engine, ids(1, seed: 9))])
            for ids in segments {
                engine.letOneBatchThrough()
                guard case .finished(let news) = try stream.next(until: .now + Self.soon) else { throw Unexpected() }
                #expect(Array(news.keys) == [key(engine, ids)])
                #expect(sameBits(news[key(engine, ids)]?.logProbs ?? [], FakeEngine.expected(ids)))
            }
            guard case .end(let outcome) = try stream.next(until: .now + Self.soon) else { throw Unexpected() }
            #expect(outcome.computedTokens == 40)
            #expect(throws: QueueError.shutDown) { try stream.next(until: .now) }
        }
        #expect(queue.waitingRequests == 0 && queue.queuedTokens == 0)
    }

    @Test func whoLetsItGoLeavesTheQueue() async throws {
        let (queue, engine) = (try queue(), FakeEngine(held: true))
        defer { queue.shutDown() }
        try await onThread {
            var stream: ScoringStream? = try queue.stream([job(engine, (0..<4).map { ids(10, seed: $0) })])
            engine.waitUntilEntered()
            #expect(stream != nil && queue.queuedTokens == 40)
            stream = nil
            #expect(queue.queuedTokens == 10)
            engine.open()
        }
    }

    @Test func aFailureEndsIt() async throws {
        let (queue, engine) = (try queue(batch: 2), FakeEngine())
        defer { queue.shutDown() }
        try await onThread {
            let stream = try queue.stream([job(engine, [[1, 2], [1, FakeEngine.poisonID]])])
            #expect(throws: QueueError.engineFailed("Poison()")) {
                while true { _ = try stream.next(until: .now + Self.soon) }
            }
        }
    }

    /// Larger than the whole queue: it enters in parts of at most half of the queue, so that others get in beside it.
    @Test(arguments: [0, 10_000])
    func aRequestLargerThanTheQueueIsSplit(_ cacheTokens: Int) async throws {
        let (queue, engine) = (try queue(queued: 100, cache: cacheTokens), FakeEngine(held: true))
        defer { queue.shutDown() }
        let segments = (0..<40).map { ids(10, seed: $0) }
        let large = Task {
            try await onThread { try queue.scores([job(engine, segments)], deadline: .now + Self.soon) }
        }
        try await onThread { engine.waitUntilEntered() }
        #expect(queue.queuedTokens == 50)
        // Another one of that kind finds room beside it, a third does not.
        let second = Task {
            try await onThread {
                try queue.scores([job(engine, segments.reversed())], deadline: .now + Self.soon)
            }
        }
        try await onThread { try Patience.eventually { queue.waitingRequests >= 2 } }
        #expect(queue.queuedTokens <= 100)
        engine.open()
        for (outcome, expected) in [(try await large.value, segments), (try await second.value, segments.reversed())] {
            for (got, ids) in zip(outcome.logProbs[0], expected) { #expect(sameBits(got, FakeEngine.expected(ids))) }
            #expect(outcome.totalTokens == 400)
        }
        #expect(queue.queuedTokens == 0 && queue.waitingRequests == 0)
    }

    @Test func aSplitRequestMeetsItsDeadlineAndLeavesNothingBehind() async throws {
        let (queue, engine) = (try queue(queued: 100), FakeEngine(held: true))
        defer { queue.shutDown() }
        let error = await #expect(throws: QueueError.self) {
            try await onThread {
                try queue.scores([job(engine, (0..<40).map { ids(10, seed: $0) })], deadline: .now + .milliseconds(50))
            }
        }
        guard case .deadlineExceeded = error else { throw Unexpected() }
        #expect(queue.queuedTokens <= 10)
        engine.open()
        try await onThread { try Patience.eventually { queue.queuedTokens <= 0 } }
        let small = try await onThread {
            try queue.scores([job(engine, [ids(100, seed: 77)])], deadline: .now + Self.soon)
        }
        #expect(small.computedTokens == 100)
    }

    @Test func manyLargeRequestsAtOnceAllGetTheirOwn() async throws {
        let (queue, engine) = (try queue(batch: 32, queued: 150, cache: 300), FakeEngine())
        defer { queue.shutDown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for request in 0..<8 {
                group.addTask {
                    for round in 0..<10 {
                        let segments = (0..<30).map { ids(1 + (request + round * $0) % 30, seed: Int32(round + $0)) }
                        let outcome = try await onThread {
                            while true {
                                do {
                                    return try queue.scores([job(engine, segments)], deadline: .now + Self.soon)
                                } catch QueueError.full { usleep(500) }
                            }
                        }
                        #expect(outcome.queueTime >= .zero && outcome.inferenceTime >= .zero)
                        for (got, ids) in zip(outcome.logProbs[0], segments) {
                            #expect(sameBits(got, FakeEngine.expected(ids)))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(queue.queuedTokens == 0 && queue.waitingRequests == 0)
    }

    private struct Unexpected: Error {}
}
