import Digests
import RandomNumbers
import Scoring
import Sequences
import Testing

/// The queue's decisions, one call after the other: no thread, no lock, no clock.
@Suite struct ScoreQueueStateTests {
    private struct NamedEngine: TeacherEngine {
        let scoresFingerprint: SHA256Digest

        init(_ name: String = "teacher", sharesPrefixes: Bool = false) {
            scoresFingerprint = SHA256Hasher.digest(Array(name.utf8))
            self.sharesPrefixes = sharesPrefixes
        }

        let givesTemperedScores = false
        let sharesPrefixes: Bool
        func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores { TokenScores(logProbs: []) }
    }

    private static let start = ContinuousClock.now
    private static func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func state(batch: Int = 100, queued: Int = 1_000, cache: Int = 10_000) -> ScoreQueueState {
        ScoreQueueState(maxBatchTokens: batch, maxQueuedTokens: queued, cacheTokens: cache)
    }

    private func job(_ lengths: [Int], seed: Int32, _ engine: NamedEngine = NamedEngine(), topK: Int = 0) -> ScoringJob
    {
        ScoringJob(
            engine: engine, segments: lengths.enumerated().map { segment(ids($1, seed: seed + Int32($0))) },
            detail: ScoreDetail(topK: topK))
    }

    private func next(_ state: inout ScoreQueueState, at now: ContinuousClock.Instant) throws -> ScoreQueueState.Batch {
        let batch = state.nextBatch(at: now)
        return try #require(batch)
    }

    /// Answers all of a batch with log-probs of its ids; returns the requests that are to be woken.
    private func finish(_ batch: ScoreQueueState.Batch, _ state: inout ScoreQueueState, at second: Int = 1) -> [Int] {
        zip(batch.keys, batch.segments).flatMap { key, segment in
            state.finish(
                key, .success(TokenScores(logProbs: FakeEngine.expected(segment.tokenIDs))), at: Self.at(second))
        }
    }

    @Test func oneRequestGoesThrough() throws {
        var state = state()
        let job = job([30, 1, 40], seed: 0)
        let (id, isDone) = try state.admit([job], at: Self.at(0))
        #expect(!isDone)
        #expect(state.queuedTokens == 70, "a single token needs no engine")
        let batch = try next(&state, at: Self.at(2))
        #expect(batch.segments.map(\.tokenCount) == [30, 40])
        let nothing = state.nextBatch(at: Self.at(2))
        #expect(nothing.map { _ in true } == nil)
        #expect(state.queuedTokens == 70, "what runs is still held")
        let woken = finish(batch, &state, at: 5)
        #expect(woken == [id])
        let outcome = try state.collect(id)
        for (got, segment) in zip(outcome.logProbs[0], job.segments) {
            #expect(sameBits(got, FakeEngine.expected(segment.tokenIDs)))
        }
        #expect((outcome.queueTime, outcome.inferenceTime) == (.seconds(2), .seconds(3)))
        #expect(outcome.computedTokens == 70)
        #expect(state.queuedTokens == 0)
        #expect(throws: QueueError.self) { try state.collect(id) }
    }

    @Test func equalSegmentsAreOneItemAndTheCacheKnowsThemAfterwards() throws {
        var state = state()
        let job = job([20], seed: 3)
        let first = try state.admit([job], at: Self.at(0)).id
        let second = try state.admit([job], at: Self.at(0)).id
        #expect(state.queuedTokens == 20)
        #expect(state.unknownKeys(of: [job]).isEmpty, "on its way")
        let batch = try next(&state, at: Self.at(1))
        #expect(batch.keys.count == 1)
        let woken = finish(batch, &state)
        #expect(Set(woken) == [first, second])
        let shared = try state.collect(second).sharedTokens
        #expect(shared == 20)
        let third = try state.admit([job], at: Self.at(2))
        #expect(third.isDone)
        let cached = try state.collect(third.id).cachedTokens
        #expect(cached == 20)
    }

    @Test func aSmallRequestRidesBesideALargeOneAndArrivalDecides() throws {
        var state = state(batch: 100, queued: 10_000)
        let large = try state.admit([job([Int](repeating: 10, count: 200), seed: 0)], at: Self.at(0)).id
        let small = try state.admit([job([10], seed: 500)], at: Self.at(0)).id
        let batch = try next(&state, at: Self.at(1))
        #expect(batch.tokenCount == 100)
        let woken = finish(batch, &state)
        #expect(woken == [small])
        let later = finish(try next(&state, at: Self.at(1)), &state)
        #expect(!later.contains(large))
    }

    /// A segment that an elder waits for too is taken once.
    @Test func aSharedSegmentIsNotTakenTwice() throws {
        var state = state(batch: 100)
        _ = try state.admit([job([30, 30], seed: 0)], at: Self.at(0))
        _ = try state.admit([job([30, 30, 20], seed: 0)], at: Self.at(0))
        let batch = try next(&state, at: Self.at(0))
        #expect(Set(batch.keys).count == batch.keys.count)
        #expect(batch.tokenCount == 80)
    }

    @Test func whoLeavesTakesOnlyWhatNobodyElseWaitsFor() throws {
        var state = state()
        let first = try state.admit([job([30, 40], seed: 0)], at: Self.at(0)).id
        let second = try state.admit([job([30], seed: 0)], at: Self.at(0)).id
        state.cancel(first)
        #expect(state.queuedTokens == 30)
        let batch = try next(&state, at: Self.at(1))
        #expect(batch.tokenCount == 30)
        state.cancel(second)
        #expect(state.queuedTokens == 30, "what runs is finished")
        let woken = finish(batch, &state)
        #expect(woken.isEmpty)
        #expect(state.queuedTokens == 0)
        #expect(state.cache.tokens == SegmentCache.minimumCost, "for the cache")
        let nothing = state.nextBatch(at: Self.at(2))
        #expect(nothing.map { _ in true } == nil)
    }

    @Test func aFullQueueRefusesAndChangesNothing() throws {
        var state = state(queued: 100)
        _ = try state.admit([job([80], seed: 0)], at: Self.at(0))
        #expect(throws: QueueError.self) { try state.admit([job([30], seed: 9)], at: Self.at(0)) }
        #expect(state.queuedTokens == 80)
        // What others wait for needs no room.
        _ = try state.admit([job([80], seed: 0)], at: Self.at(0))
        #expect(state.queuedTokens == 80)
        #expect(throws: QueueError.self) { try state.admit([job([101], seed: 20)], at: Self.at(0)) }
    }

    /// A request larger than the queue holds half of it at most, and others get in beside it.
    @Test func aRequestLargerThanTheQueueEntersInParts() throws {
        var state = state(batch: 20, queued: 100, cache: 0)
        let huge = try state.admit([job([Int](repeating: 10, count: 50), seed: 0)], at: Self.at(0)).id
        #expect(state.queuedTokens == 50)
        let small = try state.admit([job([50], seed: 400)], at: Self.at(0)).id
        #expect(state.queuedTokens == 100)
        var woken: [Int] = []
        while let batch = state.nextBatch(at: Self.at(1)) {
            woken += finish(batch, &state)
            woken += state.refill(at: Self.at(1))
            #expect(state.queuedTokens <= 100)
        }
        #expect(Set(woken) == [huge, small])
        let computed = try state.collect(huge).computedTokens
        #expect(computed == 500)
    }

    @Test func ofARequestThatLeavesHalfEnteredNothingStays() throws {
        var state = state(batch: 20, queued: 100)
        let huge = try state.admit([job([Int](repeating: 10, count: 50), seed: 0)], at: Self.at(0)).id
        state.cancel(huge)
        let awake = state.refill(at: Self.at(1))
        #expect(awake.isEmpty)
        #expect(state.queuedTokens == 0)
        let nothing = state.nextBatch(at: Self.at(1))
        #expect(nothing.map { _ in true } == nil)
    }

    /// Questions of `length` tokens with `answers` to each that begin as it does; all begin alike for `common` tokens.
    private func answers(_ answers: Int, to questions: Int, common: Int, length: Int) -> [[Int32]] {
        (0..<questions).flatMap { question in
            (0..<answers).map { answer in
                ids(common, seed: 0) + ids(length - common, seed: Int32(1 + question)) + [Int32(answer)]
            }
        }
    }

    /// An engine that shares prefixes gets what fits so, in an order in which what begins alike stands together; another does not.
    @Test func whatSharesAPrefixFitsIntoOneBatch() throws {
        let segments = answers(4, to: 3, common: 192, length: 320).shuffled().map(segment)
        for shares in [false, true] {
            var state = state(batch: 1_000, queued: 100_000)
            let job = ScoringJob(engine: NamedEngine(sharesPrefixes: shares), segments: segments)
            let id = try state.admit([job], at: Self.at(0)).id
            var batches: [ScoreQueueState.Batch] = []
            while let batch = state.nextBatch(at: Self.at(1)) {
                batches.append(batch)
                _ = finish(batch, &state)
            }
            #expect(batches.map(\.segments.count) == (shares ? [8, 4] : [3, 3, 3, 3]))
            #expect(batches.map(\.prefixTokens) == (shares ? [1 * 192 + 6 * 320, 3 * 320] : [0, 0, 0, 0]))
            // Answers come in the request's own order.
            let found = try state.collect(id).logProbs[0]
            for (got, segment) in zip(found, segments) {
                #expect(sameBits(got, FakeEngine.expected(segment.tokenIDs)))
            }
        }
    }

    /// What shares rides with the oldest request; what does not is taken in its turn, and nobody waits for company.
    @Test func sharingStarvesNobodyAndWaitsForNobody() throws {
        var state = state(batch: 1_000, queued: 1_000_000)
        let engine = NamedEngine(sharesPrefixes: true)
        func ask(_ segments: [[Int32]]) throws -> Int {
            try state.admit([ScoringJob(engine: engine, segments: segments.map(segment))], at: Self.at(0)).id
        }
        let alone = try ask([ids(320, seed: 50) + [1]])
        let first = try next(&state, at: Self.at(1))
        #expect(first.segments.count == 1 && first.prefixTokens == 0)
        #expect(finish(first, &state) == [alone])

        let many = try ask(answers(4, to: 300, common: 192, length: 320))
        let other = try ask([ids(250, seed: 900)])
        let partner = try ask([ids(192, seed: 0) + ids(100, seed: 901)])
        let woken = finish(try next(&state, at: Self.at(1)), &state)
        #expect(Set(woken) == [other, partner])
        let rest = finish(try next(&state, at: Self.at(1)), &state)
        #expect(!rest.contains(many))
    }

    /// However much the elder shares, and whoever wants likeliest tokens, results of which a batch holds so many: a small request rides in
    /// the next one.
    @Test(arguments: [
        (elder: 0, young: 20, length: 200), (elder: 20, young: 0, length: 500), (elder: 20, young: 64, length: 500),
    ])
    func resultsStarveNobody(_ table: (elder: Int, young: Int, length: Int)) throws {
        var state = state(batch: 4_096, queued: 10_000_000)
        let engine = NamedEngine(sharesPrefixes: true)
        func ask(_ segments: [[Int32]], topK: Int) throws -> Int {
            let job = ScoringJob(engine: engine, segments: segments.map(segment), detail: ScoreDetail(topK: topK))
            return try state.admit([job], at: Self.at(0)).id
        }
        _ = try ask((0..<124).map { ids(1_040, seed: 0) + ids(16, seed: 1 + $0) }, topK: table.elder)
        let young = try ask([ids(table.length, seed: 900)], topK: table.young)
        let batch = try next(&state, at: Self.at(1))
        let woken = finish(batch, &state)
        #expect(woken == [young], "\(batch.segments.count) segments")
        #expect(batch.segments.count > 3, "what shares fills the rest")
    }

    /// Who wants other temperatures is in another forward: nothing is shared with them, and no batch holds more than it says.
    @Test func otherTemperaturesShareNothing() throws {
        let engine = NamedEngine(sharesPrefixes: true)
        for differ in [false, true] {
            var state = state(batch: 4_096, queued: 1_000_000)
            for client in 0..<16 {
                let detail = ScoreDetail(temperatures: [differ ? 1 + Double(client) : 2])
                let ids = ids(1_984, seed: 0) + ids(16, seed: Int32(1 + client))
                _ = try state.admit(
                    [ScoringJob(engine: engine, segments: [segment(ids)], detail: detail)], at: Self.at(0))
            }
            let batch = try next(&state, at: Self.at(1))
            #expect(batch.segments.count == (differ ? 2 : 16))
            #expect(batch.prefixTokens == (differ ? 0 : 15 * 1_984))
        }
    }

    @Test func enginesTakeTurnsByTime() throws {
        var state = state(batch: 10, queued: 10_000)
        let (slow, quick) = (NamedEngine("slow"), NamedEngine("quick"))
        _ = try state.admit([job([Int](repeating: 10, count: 30), seed: 0, slow)], at: Self.at(0))
        _ = try state.admit([job([Int](repeating: 10, count: 30), seed: 0, quick)], at: Self.at(0))
        var turns: [SHA256Digest: Int] = [:]
        for _ in 0..<20 {
            let batch = try next(&state, at: Self.at(1))
            let engine = batch.engine.scoresFingerprint
            #expect(batch.keys.allSatisfy { $0.scoresFingerprint == engine })
            turns[engine, default: 0] += 1
            state.record(tokens: 10, in: .seconds(engine == slow.scoresFingerprint ? 3 : 1), engine: engine)
            _ = finish(batch, &state)
        }
        #expect(turns == [slow.scoresFingerprint: 5, quick.scoresFingerprint: 15])
        #expect(state.tokensPerSecond(of: quick.scoresFingerprint).map { abs($0 - 10) < 1e-6 } == true)
    }

    @Test func aFailedSegmentFailsItsRequestAlone() throws {
        var state = state()
        let bad = try state.admit([job([10, 20], seed: 0)], at: Self.at(0)).id
        let good = try state.admit([job([20], seed: 1)], at: Self.at(0)).id
        let batch = try next(&state, at: Self.at(0))
        for (key, segment) in zip(batch.keys, batch.segments) {
            let scores = TokenScores(logProbs: FakeEngine.expected(segment.tokenIDs))
            _ = state.finish(
                key, segment.tokenCount == 10 ? .failure(.engineFailed("broken")) : .success(scores), at: Self.at(1))
        }
        #expect(throws: QueueError.self) { try state.collect(bad) }
        let logProbs = try state.collect(good).logProbs[0][0]
        #expect(logProbs.count == 20)
    }

    @Test func aStreamHandsOutEachSegmentOnce() throws {
        var state = state(batch: 10)
        let id = try state.admit([job([10, 10], seed: 0)], streams: true, at: Self.at(0)).id
        let early = try state.progress(id)
        #expect(early.map { _ in true } == nil)
        var seen: [SegmentKey] = []
        while let batch = state.nextBatch(at: Self.at(0)) {
            let woken = finish(batch, &state)
            #expect(woken == [id])
            guard case .finished(let scores) = try state.progress(id) else { break }
            seen += scores.keys
        }
        #expect(Set(seen).count == 2 && seen.count == 2)
        guard case .end(let outcome) = try state.progress(id) else {
            Issue.record("no end")
            return
        }
        #expect(outcome.computedTokens == 20)
        #expect(throws: QueueError.self) { try state.progress(id) }
    }

    @Test func failingAllLeavesOnlyWhatRuns() throws {
        var state = state(batch: 10)
        let first = try state.admit([job([10, 10, 10], seed: 0)], at: Self.at(0)).id
        let batch = try next(&state, at: Self.at(0))
        let failed = state.failAll(.shutDown, at: Self.at(1))
        #expect(failed == [first])
        #expect(state.queuedTokens == 10)
        let nothing = state.nextBatch(at: Self.at(1))
        #expect(nothing.map { _ in true } == nil)
        #expect(throws: QueueError.self) { try state.collect(first) }
        let woken = finish(batch, &state)
        #expect(woken.isEmpty)
        #expect(state.queuedTokens == 0)
    }

    /// Many requests that come, share, leave and end in any order: every one gets its own log-probs, and nothing stays behind.
    @Test(arguments: 0..<20) func anyOrderOfCallsLeavesNothingBehind(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var state = state(batch: 50, queued: 300, cache: seed.isMultiple(of: 2) ? 0 : 500)
        let engines = [NamedEngine("a"), NamedEngine("b")]
        var asked: [Int: ScoringJob] = [:]
        var running: [ScoreQueueState.Batch] = []
        for step in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let lengths = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    Int.random(in: 1...50, using: &random)
                }
                let job = job(
                    lengths, seed: Int32.random(in: 0..<30, using: &random), engines.randomElement(using: &random)!)
                if let ticket = try? state.admit([job], at: Self.at(step)) { asked[ticket.id] = job }
            case 4:
                guard let id = asked.keys.sorted().randomElement(using: &random) else { continue }
                state.cancel(id)
                asked[id] = nil
                _ = state.refill(at: Self.at(step))
            case 5..<7:
                if running.isEmpty, let batch = state.nextBatch(at: Self.at(step)) {
                    #expect(batch.tokenCount <= 50)
                    running.append(batch)
                }
            default:
                guard let batch = running.popLast() else { continue }
                let done = finish(batch, &state, at: step) + state.refill(at: Self.at(step))
                for id in Set(done) { try check(state.collect(id), asked.removeValue(forKey: id)) }
            }
            #expect(state.queuedTokens >= 0 && state.queuedTokens <= 300)
        }
        for batch in running { for id in Set(finish(batch, &state)) { asked[id] = nil; _ = try state.collect(id) } }
        while let batch = state.nextBatch(at: Self.at(500)) {
            let done = finish(batch, &state, at: 500) + state.refill(at: Self.at(500))
            for id in Set(done) { try check(state.collect(id), asked.removeValue(forKey: id)) }
        }
        for (id, job) in asked { try check(state.collect(id), job) }
        #expect(state.queuedTokens == 0)
    }

    private func check(_ outcome: ScoringOutcome, _ job: ScoringJob?) throws {
        for (got, segment) in zip(outcome.logProbs[0], try #require(job).segments) {
            #expect(sameBits(got, FakeEngine.expected(segment.tokenIDs)))
        }
    }
}
