import Digests
import Dispatch
import Foundation
import Scoring
import Sequences
import System
import TestSupport
import Testing

/// An engine that takes segments one by one, and answers each when a test lets it.
private final class Desk: ConcurrentTeacherEngine {
    private struct Asked {
        let job: EngineJob
        let then: @Sendable (Result<TokenScores, EngineFault>) -> Void
        let vouched: @Sendable (Bool) -> Void
    }

    private struct State {
        var places: Int
        var jobs: [Asked] = []
        var aborted: [Int] = []
        var fault: EngineFault?
        var onChange: @Sendable () -> Void = {}
    }

    /// How long a test waits for what has to come. Tasks of other tests may keep one that asks from starting for a good part of a minute.
    static let patience = Duration.seconds(300)

    let scoresFingerprint: SHA256Digest
    private let state: Locked<State>
    private let arrived = DispatchSemaphore(value: 0)

    /// Whether it vouches for its scores as it gives them.
    private let vouches: Bool

    init(_ name: String = "desk", places: Int, vouches: Bool = true) {
        self.vouches = vouches
        scoresFingerprint = SHA256Hasher.digest(Array(name.utf8))
        state = Locked(State(places: places))
    }

    let givesTemperedScores = false
    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores { TokenScores(logProbs: []) }

    var fault: EngineFault? { state.withLock { $0.fault } }

    func claim() -> Bool {
        state.withLock { state in
            guard state.places > 0 else { return false }
            state.places -= 1
            return true
        }
    }

    func start(
        _ job: EngineJob, then: @escaping @Sendable (Result<TokenScores, EngineFault>) -> Void,
        vouched: @escaping @Sendable (Bool) -> Void
    ) {
        state.withLock { $0.jobs.append(Asked(job: job, then: then, vouched: vouched)) }
        arrived.signal()
    }

    func settle(patience: Duration) {}

    /// Says of an answer whether it was the model's.
    func vouch(_ index: Int, isSame: Bool) { state.withLock { $0.jobs[index].vouched }(isSame) }

    func abort(_ id: Int) {
        state.withLock { state in
            state.aborted.append(id)
            state.places += 1
        }
    }

    func onChange(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.onChange = call } }

    func makeRoom(_ places: Int) { state.withLock { $0.places += places } }
    func waitForJobs(_ count: Int) { for _ in 0..<count { arrived.wait() } }

    /// Whether so many jobs, and one more, have come within the time.
    func waitForJob(_ index: Int, within time: Duration) -> Bool {
        let deadline = ContinuousClock.now + time
        while jobs.count <= index, .now < deadline { usleep(500) }
        return jobs.count > index
    }

    var jobs: [EngineJob] { state.withLock { $0.jobs.map(\.job) } }
    var aborted: [Int] { state.withLock { $0.aborted.map(\.self) } }

    func fail(_ fault: EngineFault?) {
        let call = state.withLock { state in
            state.fault = fault
            return state.onChange
        }
        call()
    }

    /// Answers the job at a place in the order of arrival, rightly unless said.
    func answer(_ index: Int, _ result: Result<TokenScores, EngineFault>? = nil) {
        let asked = state.withLock { state in
            state.places += 1
            return state.jobs[index]
        }
        let result = result ?? .success(TokenScores(logProbs: FakeEngine.expected(asked.job.tokenIDs)))
        asked.then(result)
        if vouches, case .success = result { asked.vouched(true) }
    }
}

@Suite struct ConcurrentEngineTests {
    private static let start = ContinuousClock.now
    private static func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func job(_ engine: Desk, _ lengths: [Int], seed: Int32) -> ScoringJob {
        ScoringJob(engine: engine, segments: lengths.enumerated().map { segment(ids($1, seed: seed + Int32($0))) })
    }

    private func finish(_ job: ScoreQueueState.Job, _ state: inout ScoreQueueState, at second: Int = 1) -> [Int]? {
        let scores = TokenScores(logProbs: FakeEngine.expected(job.segment.tokenIDs))
        return state.finish(job: job.id, .success(scores), at: Self.at(second))
    }

    private func state() -> ScoreQueueState {
        ScoreQueueState(maxBatchTokens: 100, maxQueuedTokens: 100_000, cacheTokens: 10_000)
    }

    @Test func asManyRunAsThereArePlaces() throws {
        var state = state()
        let id = try state.admit([job(Desk(places: 3), [10, 20, 30, 40], seed: 0)], at: Self.at(0)).id
        let first = state.nextJobs(at: Self.at(1)).jobs
        #expect(first.map(\.segment.tokenCount) == [10, 20, 30])
        #expect(state.nextJobs(at: Self.at(1)).jobs.isEmpty)
        let noBatch = state.nextBatch(at: Self.at(1)).map { _ in true }
        #expect(noBatch == nil, "no batch is made of them")
        #expect(state.queuedTokens == 100)
        for job in first { #expect(finish(job, &state) == []) }
        #expect(state.queuedTokens == 40)
        state.cancel(id)
        #expect(state.queuedTokens == 0)
    }

    /// A late answer of a job that was taken back touches nothing of the job that scores the segment now.
    @Test func aLateAnswerOfAnAbortedJobTouchesNothing() throws {
        var state = state()
        let engine = Desk(places: 10)
        let first = try state.admit([job(engine, [10], seed: 0)], at: Self.at(0)).id
        let old = try #require(state.nextJobs(at: Self.at(0)).jobs.first)
        state.cancel(first)
        #expect(state.takeAborted().map(\.id) == [old.id] && state.takeAborted().isEmpty)
        #expect(state.queuedTokens == 0 && !state.isRunning(old.id))
        let second = try state.admit([job(engine, [10], seed: 0)], at: Self.at(1)).id
        let new = try #require(state.nextJobs(at: Self.at(1)).jobs.first)
        #expect(new.key == old.key && new.id != old.id)
        #expect(finish(old, &state) == nil)
        #expect(state.queuedTokens == 10 && state.cache.count == 0)
        #expect(finish(new, &state) == [second])
        #expect(state.cache.count == 1)
        _ = try state.collect(second)
        #expect(finish(new, &state) == nil, "twice")
    }

    @Test func whatSomebodyElseWaitsForIsNotAborted() throws {
        var state = state()
        let engine = Desk(places: 10)
        let first = try state.admit([job(engine, [10, 20], seed: 0)], at: Self.at(0)).id
        let second = try state.admit([job(engine, [10], seed: 0)], at: Self.at(0)).id
        let jobs = state.nextJobs(at: Self.at(0)).jobs
        state.cancel(first)
        #expect(state.takeAborted().map(\.segment.tokenCount) == [20])
        let shared = try #require(jobs.first { $0.segment.tokenCount == 10 })
        #expect(finish(shared, &state) == [second])
    }

    /// Whatever waits before it, a small request is through after a round.
    @Test func requestsTakeTurnsByTokens() throws {
        var state = state()
        let engine = Desk(places: 1000)
        _ = try state.admit([job(engine, [Int](repeating: 500, count: 60), seed: 0)], at: Self.at(0))
        _ = try state.admit([job(engine, [Int](repeating: 100, count: 60), seed: 100)], at: Self.at(0))
        _ = try state.admit([job(engine, [300], seed: 200)], at: Self.at(0))
        let order = state.nextJobs(at: Self.at(0)).jobs.map(\.segment.tokenCount)
        #expect(order.count == 121)
        #expect(try #require(order.firstIndex(of: 300)) < 15)
        let half = order.prefix(40)
        let (large, small) = (half.count { $0 == 500 } * 500, half.count { $0 == 100 } * 100)
        #expect(abs(large - small) <= 2048, "\(large) and \(small) tokens")
    }

    /// Many at once take no more wall time than one: the rate is of tokens by the time in which anything ran.
    @Test func theRateIsOfBusyWallTime() throws {
        var state = state()
        let engine = Desk(places: 10)
        _ = try state.admit([job(engine, [100, 100, 100, 100], seed: 0)], at: Self.at(0))
        let jobs = state.nextJobs(at: Self.at(0)).jobs
        for (second, job) in jobs.enumerated() { _ = finish(job, &state, at: second + 1) }
        // Idle until 100.
        _ = try state.admit([job(engine, [100], seed: 50)], at: Self.at(100))
        for job in state.nextJobs(at: Self.at(100)).jobs { _ = finish(job, &state, at: 101) }
        let rate = try #require(state.tokensPerSecond(of: engine.scoresFingerprint))
        #expect(abs(rate - 100) < 1)
    }

    @Test func allThatWaitFailWhereTheEngineTakesNothing() throws {
        var state = state()
        let engine = Desk(places: 1)
        let id = try state.admit([job(engine, [10, 20], seed: 0)], at: Self.at(0)).id
        let running = try #require(state.nextJobs(at: Self.at(0)).jobs.first)
        engine.fail(.unreachable(engine: "desk", reason: "away", retryAfter: .seconds(3)))
        #expect(state.nextJobs(at: Self.at(1)).awake == [id])
        #expect(throws: QueueError.self) { try state.collect(id) }
        #expect(state.takeAborted().map(\.id) == [running.id])
        #expect(state.queuedTokens == 0)
    }

    /// A teacher that was dropped and is loaded anew at another URL: one fingerprint, two engines, of which the first is stuck. What is asked
    /// of the second goes to the second.
    @Test func twoEnginesOfOneFingerprintAreTwo() throws {
        var state = state()
        let (old, new) = (Desk(places: 1), Desk(places: 8))
        try #require(old.scoresFingerprint == new.scoresFingerprint)
        let first = try state.admit([job(old, [10, 20], seed: 0)], at: Self.at(0)).id
        let stuck = state.nextJobs(at: Self.at(0)).jobs
        #expect(stuck.map { $0.engine === old } == [true])
        // Of these the second has no place at the old one, and is waited for there too.
        let second = try state.admit([job(new, [30, 20], seed: 1)], at: Self.at(1)).id
        let shared = try state.admit([job(new, [10, 20], seed: 0)], at: Self.at(1)).id
        let jobs = state.nextJobs(at: Self.at(1)).jobs
        #expect(jobs.map { $0.engine === new } == [true, true, true])
        #expect(jobs.map(\.segment.tokenCount).sorted() == [20, 20, 30])
        for job in jobs { _ = finish(job, &state) }
        #expect(try state.collect(second).computedTokens == 50)
        // The first's fault is not the second's.
        old.fail(.unreachable(engine: "old", reason: "away", retryAfter: .seconds(3)))
        #expect(state.nextJobs(at: Self.at(2)).awake.isEmpty)
        let late = try #require(stuck.first)
        #expect(finish(late, &state) == [first, shared])
        #expect(state.queuedTokens == 0 && state.nextJobs(at: Self.at(3)).jobs.isEmpty)
    }

    /// What waits at an engine that is away may be waited for from another of the same fingerprint, too, which has no place yet.
    @Test func aFaultFailsWhoWaitsForThatEngineAlone() throws {
        var state = state()
        let (old, new) = (Desk(places: 0), Desk(places: 0))
        let first = try state.admit([job(old, [10, 20], seed: 0)], at: Self.at(0)).id
        let second = try state.admit([job(new, [10], seed: 0)], at: Self.at(0)).id
        old.fail(.unreachable(engine: "old", reason: "away", retryAfter: .seconds(3)))
        #expect(state.nextJobs(at: Self.at(1)).awake == [first])
        #expect(throws: QueueError.self) { try state.collect(first) }
        #expect(state.queuedTokens == 10)
        new.makeRoom(1)
        let begun = try #require(state.nextJobs(at: Self.at(2)).jobs.first)
        #expect(begun.engine === new && finish(begun, &state) == [second])
    }

    // MARK: The queue around it

    private func queue(store: FakeStore? = nil) throws -> ScoreQueue {
        try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 10_000, cacheTokens: 10_000), store: store)
    }

    @Test func answersInAnyOrderReachTheirSegments() async throws {
        let (store, engine) = (FakeStore(), Desk(places: 8))
        let queue = try queue(store: store)
        let segments = (0..<6).map { ids(10 + $0, seed: Int32($0)) }
        async let outcome = onThread {
            try queue.scores(
                [ScoringJob(engine: engine, segments: segments.map(segment))], deadline: .now + Desk.patience)
        }
        try await onThread {
            engine.waitForJobs(6)
            for index in [3, 0, 5, 1, 4, 2] { engine.answer(index) }
        }
        let logProbs = try await outcome.logProbs[0]
        for (got, ids) in zip(logProbs, segments) { #expect(sameBits(got, FakeEngine.expected(ids))) }
        #expect(store.count == 6)
        queue.shutDown()
    }

    /// Scores are stored once the engine has vouched for them, and where it does not they are forgotten. Until then they are answers.
    @Test(arguments: [true, false]) func whatIsNotVouchedForIsNotKept(isSame: Bool) async throws {
        let (store, engine) = (FakeStore(), Desk(places: 8, vouches: false))
        // No cache: what waits to be stored is known all the same.
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 10_000, cacheTokens: 0), store: store)
        defer { queue.shutDown() }
        let asked = ScoringJob(engine: engine, segments: [segment(ids(10, seed: 0))])
        @Sendable func ask() async throws -> ScoringOutcome {
            try await onThread { try queue.scores([asked], deadline: .now + Desk.patience) }
        }
        async let first = ask()
        try await onThread {
            engine.waitForJobs(1)
            engine.answer(0)
        }
        #expect(try await first.computedTokens == 10 && store.count == 0)
        #expect(try await ask().cachedTokens == 10 && engine.jobs.count == 1)
        engine.vouch(0, isSame: isSame)
        #expect(store.count == (isSame ? 1 : 0))
        guard !isSame else {
            #expect(try await ask().storedTokens == 10)
            return
        }
        async let again = ask()
        try await onThread {
            engine.waitForJobs(1)
            engine.answer(1)
        }
        #expect(try await again.computedTokens == 10)
    }

    @Test func whatIsNotVouchedForLeavesTheCache() throws {
        var state = state()
        let engine = Desk(places: 8)
        _ = try state.admit([job(engine, [10, 20], seed: 0)], at: Self.at(0))
        let jobs = state.nextJobs(at: Self.at(0)).jobs
        for job in jobs { _ = finish(job, &state) }
        #expect(state.cache.count == 2)
        let stored = jobs.map { state.settle(job: $0.id, $0.key, isSame: $0.id == jobs[0].id) }
        #expect(stored.compactMap { $0?.logProbs.count } == [10] && state.cache.count == 1)
        #expect(state.settle(job: jobs[0].id, jobs[0].key, isSame: true) == nil, "twice")
    }

    @Test func whoLeavesHasHisJobsAborted() async throws {
        let (queue, engine) = (try queue(), Desk(places: 8))
        let gone = CallerWatch { _, _ in
            engine.waitForJobs(3)
            return .callerGone
        }
        await #expect(throws: QueueError.clientGone) {
            try await onThread {
                try queue.scores(
                    [job(engine, [10, 20, 30], seed: 0)], deadline: .now + Desk.patience, caller: gone)
            }
        }
        #expect(engine.aborted.count == 3 && queue.queuedTokens == 0)
        // Late: touches nothing.
        for index in 0..<3 { engine.answer(index) }
        #expect(queue.cachedTokens == 0)
        queue.shutDown()
    }

    @Test func anEngineThatIsAwayIsSaidAtOnceAndWhatIsKeptIsAnswered() async throws {
        let (queue, engine) = (try queue(), Desk(places: 8))
        let known = ScoringJob(engine: engine, segments: [segment(ids(10, seed: 0))])
        async let first = onThread { try queue.scores([known], deadline: .now + Desk.patience) }
        try await onThread {
            engine.waitForJobs(1)
            engine.answer(0)
        }
        _ = try await first
        let away = EngineFault.unreachable(engine: "desk", reason: "away", retryAfter: .seconds(3))
        engine.fail(away)
        try await onThread {
            let cached = try queue.scores([known], deadline: .now + Desk.patience).cachedTokens
            #expect(cached == 10)
            #expect(throws: QueueError.engine(away)) {
                try queue.scores([job(engine, [20], seed: 5)], deadline: .now + Desk.patience)
            }
            // Of one that has become another nothing is answered, not even what is kept of the one that it was.
            let changed = EngineFault.changed(engine: "desk", reason: "other weights")
            engine.fail(changed)
            #expect(throws: QueueError.engine(changed)) {
                try queue.scores([known], deadline: .now + Desk.patience)
            }
        }
        #expect(queue.queuedTokens == 0)
        queue.shutDown()
    }

    /// What waits fails when the engine goes, and starts when it says that it has room.
    @Test func theQueueHearsOfTheEngine() async throws {
        let (queue, engine) = (try queue(), Desk(places: 1))
        async let outcome = onThread {
            Result { try queue.scores([job(engine, [10, 20], seed: 0)], deadline: .now + Desk.patience) }
        }
        try await onThread {
            engine.waitForJobs(1)
            engine.answer(0)
            engine.waitForJobs(1)
            engine.fail(.unreachable(engine: "desk", reason: "away", retryAfter: .seconds(3)))
            engine.answer(1, .failure(.unreachable(engine: "desk", reason: "away", retryAfter: .seconds(3))))
        }
        let ended = try await outcome
        #expect(throws: QueueError.self) { try ended.get() }
        #expect(queue.queuedTokens == 0)
        queue.shutDown()
    }

    // MARK: Requests larger than the queue

    /// What an answer of one engine lets in may be for the other, whichever was asked first: each is woken.
    @Test(arguments: [true, false]) func aRequestLargerThanTheQueueUsesBothKinds(remoteFirst: Bool) async throws {
        let (remote, local) = (Desk(places: 8), FakeEngine())
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 100, cacheTokens: 0))
        defer { queue.shutDown() }
        let lengths = [Int](repeating: 10, count: 8)
        let ofLocal = ScoringJob(engine: local, segments: (0..<8).map { segment(ids(10, seed: 50 + $0)) })
        let jobs = [job(remote, lengths, seed: 0), ofLocal]
        async let outcome = onThread {
            try queue.scores(remoteFirst ? jobs : jobs.reversed(), deadline: .now + Desk.patience)
        }
        try await onThread {
            for index in 0..<8 {
                guard remote.waitForJob(index, within: Desk.patience) else { break }
                remote.answer(index)
            }
        }
        #expect(try await outcome.computedTokens == 160)
        #expect(queue.queuedTokens == 0)
    }

    /// One that fails leaves the room of what it still waited for, and others get it at once.
    @Test func whoFailsMakesRoom() async throws {
        let (huge, held, failing) = (Desk("huge", places: 8), Desk("held", places: 8), Desk("failing", places: 1))
        let queue = try ScoreQueue(.init(maxBatchTokens: 100, maxQueuedTokens: 100, cacheTokens: 0))
        defer { queue.shutDown() }
        @Sendable func ask(
            _ desk: Desk, _ lengths: [Int], seed: Int32
        ) async throws -> Result<ScoringOutcome, any Error> {
            try await onThread {
                Result { try queue.scores([job(desk, lengths, seed: seed)], deadline: .now + Desk.patience) }
            }
        }
        // Five enter; what comes next is larger than what any of them leaves.
        async let large = ask(huge, [10, 10, 10, 10, 10, 50, 10], seed: 0)
        try await onThread { #expect(huge.waitForJob(4, within: Desk.patience)) }
        async let other = ask(held, [50], seed: 100)
        try await onThread {
            #expect(held.waitForJob(0, within: Desk.patience))
            for index in 0..<4 { huge.answer(index) }
        }
        async let failed = ask(failing, [10, 10, 10, 10], seed: 200)
        try await onThread {
            #expect(failing.waitForJob(0, within: Desk.patience))
            huge.answer(4)
            #expect(huge.jobs.count == 5, "no room yet")
            failing.answer(0, .failure(.wrongAnswer(engine: "failing", reason: "nothing")))
            #expect(huge.waitForJob(5, within: Desk.patience), "there is room now")
            huge.answer(5)
            if huge.waitForJob(6, within: Desk.patience) { huge.answer(6) }
            held.answer(0)
        }
        #expect(try await large.get().computedTokens == 110)
        _ = try await other.get()
        let ended = try await failed
        #expect(throws: QueueError.self) { try ended.get() }
    }

    @Test func impossibleAnswersAreRefused() async throws {
        let (queue, engine) = (try queue(), Desk(places: 1))
        async let outcome = onThread {
            Result { try queue.scores([job(engine, [3], seed: 0)], deadline: .now + Desk.patience) }
        }
        try await onThread {
            engine.waitForJobs(1)
            engine.answer(0, .success(TokenScores(logProbs: [.nan, -1, 0.5])))
        }
        let ended = try await outcome
        #expect(throws: QueueError.self) { try ended.get() }
        #expect(queue.cachedTokens == 0)
        queue.shutDown()
    }
}
