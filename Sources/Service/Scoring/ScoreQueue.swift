import Digests
import Dispatch
import Foundation
import Sequences
import System

/// Where requests meet engines: connections bring jobs and wait, one thread packs batches and runs them.
///
/// The lock guards moves of values; scoring happens outside it. The thread runs until `shutDown`.
package final class ScoreQueue: Sendable {
    /// What the queue may hold.
    package struct Configuration: Sendable {
        /// Most tokens in one forward pass.
        package var maxBatchTokens: Int
        /// Most tokens waiting or running, each with k likeliest tokens counted 1 + k times; a request beyond it is refused.
        package var maxQueuedTokens: Int
        /// Most tokens whose log-probs are kept in memory after use; 0 keeps none.
        package var cacheTokens: Int
        /// Most time for engines elsewhere to look at what they gave, at the end.
        package var lastLook = Duration.seconds(10)

        /// Sizes in tokens; `maxBatchTokens` must be above 0, `cacheTokens` must not be negative.
        package init(maxBatchTokens: Int, maxQueuedTokens: Int, cacheTokens: Int) {
            self.maxBatchTokens = maxBatchTokens
            self.maxQueuedTokens = maxQueuedTokens
            self.cacheTokens = cacheTokens
        }
    }

    struct Attached {
        weak let engine: (any ConcurrentTeacherEngine)?
    }

    struct Shared {
        var state: ScoreQueueState
        var signals: [ScoreQueueState.TicketID: WakePipe] = [:]
        var isShutDown = false
        /// Engines that tell this queue when they have room.
        var attached: [ObjectIdentifier: Attached] = [:]

        func signals(of tickets: [ScoreQueueState.TicketID]) -> [WakePipe] {
            Set(tickets).compactMap { signals[$0] }
        }
    }

    /// Most tokens waiting or running, as configured.
    package let maxQueuedTokens: Int
    let shared: Locked<Shared>
    /// Wakes the engine's thread.
    private let work = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)
    let store: (any LogProbStore)?
    let lastLook: Duration
    let onBatch: @Sendable (BatchReport) -> Void

    /// Starts the engine's thread, which keeps the queue alive until `shutDown`.
    ///
    /// - Parameters:
    ///   - store: looked up before a segment is queued, and given what was scored; nil: memory only.
    ///   - onBatch: called on the engine's thread after each batch; what it does delays the answers.
    /// - Throws: `SystemError` where there is no thread.
    package init(
        _ configuration: Configuration, store: (any LogProbStore)? = nil,
        onBatch: @escaping @Sendable (BatchReport) -> Void = { _ in }
    ) throws(SystemError) {
        shared = Locked(
            Shared(
                state: ScoreQueueState(
                    maxBatchTokens: configuration.maxBatchTokens, maxQueuedTokens: configuration.maxQueuedTokens,
                    cacheTokens: configuration.cacheTokens)))
        maxQueuedTokens = configuration.maxQueuedTokens
        self.store = store
        lastLook = configuration.lastLook
        self.onBatch = onBatch
        try DetachedThread.start("remit-engine", stackBytes: 16 << 20) { [self] in serve() }
    }

    // MARK: For requests

    /// Scores all segments of all jobs, or none. Blocks the calling thread until they are done, the deadline passes or the caller
    /// leaves; then what nobody else waits for is taken back.
    ///
    /// - Throws: `QueueError`: the request was refused, came too late, or a segment could not be scored.
    package func scores(
        _ jobs: [ScoringJob], deadline: ContinuousClock.Instant, caller: CallerWatch = .none
    ) throws(QueueError) -> ScoringOutcome {
        let (id, signal) = try enter(jobs, stored: lookUp(jobs))
        guard let signal else { return try collect(id) }
        proceed()
        switch signal.wait(until: deadline, watching: caller) {
        case .ready:
            do throws(QueueError) {
                return try collect(id)
            } catch {
                // What it has not got yet leaves room for others.
                leave(id)
                throw error
            }
        case .callerGone:
            leave(id)
            throw .clientGone
        case .deadlinePassed:
            let retryAfter = backlog
            leave(id)
            throw .deadlineExceeded(retryAfter: retryAfter)
        }
    }

    /// Enters the jobs as `scores` does, and hands out each segment's results as soon as they are there. What is not handed out yet
    /// is kept for the caller: at most what it asked for.
    ///
    /// - Throws: `QueueError` where the request is refused; what comes later is thrown by the stream.
    package func stream(_ jobs: [ScoringJob]) throws(QueueError) -> ScoringStream {
        let (id, signal) = try enter(jobs, stored: lookUp(jobs), streams: true)
        if signal != nil { proceed() }
        return ScoringStream(queue: self, ticket: id, signal: signal)
    }

    private func lookUp(_ jobs: [ScoringJob]) -> [SegmentKey: [Float]] {
        guard let store else { return [:] }
        let keys = shared.withLock { $0.state.unknownKeys(of: jobs) }
        guard !keys.isEmpty else { return [:] }
        var found: [SegmentKey: [Float]] = [:]
        for (key, logProbs) in zip(keys, store.logProbs(for: keys)) {
            // A store whose rows have been written over is no teacher: such a segment is scored anew.
            guard let logProbs, LogProbFault(ofSegment: logProbs[...]) == nil else { continue }
            found[key] = logProbs
        }
        return found
    }

    private func enter(
        _ jobs: [ScoringJob], stored: [SegmentKey: [Float]], streams: Bool = false
    ) throws(QueueError) -> (ScoreQueueState.TicketID, WakePipe?) {
        try attach(jobs)
        return try update { shared throws(QueueError) in
            guard !shared.isShutDown else { throw .shutDown }
            let ticket = try shared.state.admit(jobs, stored: stored, streams: streams, at: .now)
            guard !ticket.isDone else { return (ticket.id, nil) }
            do throws(QueueError) {
                // What is known is answered whether or not the engine can be reached.
                for job in jobs { if let fault = job.concurrentEngine?.fault { throw .engine(fault) } }
                let signal: WakePipe
                do { signal = try WakePipe() } catch { throw .tooManyOpenFiles }
                shared.signals[ticket.id] = signal
                return (ticket.id, signal)
            } catch {
                shared.state.cancel(ticket.id)
                throw error
            }
        }
    }

    private func collect(_ id: ScoreQueueState.TicketID) throws(QueueError) -> ScoringOutcome {
        try update { shared throws(QueueError) in
            shared.signals[id] = nil
            return try shared.state.collect(id)
        }
    }

    func progress(_ id: ScoreQueueState.TicketID) throws(QueueError) -> ScoringStream.Progress? {
        try update { shared throws(QueueError) in try shared.state.progress(id) }
    }

    /// Harmless for a request that has left already.
    func leave(_ id: ScoreQueueState.TicketID) {
        update { shared in
            shared.signals[id] = nil
            shared.state.cancel(id)
        }
        proceed()
    }

    // MARK: For the operator

    /// Tokens waiting or running now, each with k likeliest tokens counted 1 + k times.
    package var queuedTokens: Int { shared.withLock { $0.state.queuedTokens } }
    /// What the segments in the cache cost in tokens; a short one counts as `SegmentCache.minimumCost`.
    package var cachedTokens: Int { shared.withLock { $0.state.cache.tokens } }
    /// Requests that wait for results, those that stream included.
    package var waitingRequests: Int { shared.withLock { $0.signals.count } }
    /// How long the work ahead will take at the measured rates; from one second to ten minutes.
    package var backlog: Duration { shared.withLock { $0.state.backlog } }

    /// The measured rate of an engine in tokens per second; nil before its first batch.
    package func tokensPerSecond(of scoresFingerprint: SHA256Digest) -> Double? {
        shared.withLock { $0.state.tokensPerSecond(of: scoresFingerprint) }
    }

    /// Fails what waits, finishes the batch that runs, ends the thread, and settles. Later requests throw `shutDown`. Blocks.
    package func shutDown() {
        let signals: [WakePipe]? = update { shared in
            guard !shared.isShutDown else { return nil }
            shared.isShutDown = true
            return shared.state.failAll(.shutDown, at: .now).compactMap { shared.signals[$0] }
        }
        guard let signals else { return }
        signals.forEach { $0.wake() }
        work.signal()
        stopped.wait()
        settle()
    }

    // MARK: What both kinds of engines need

    /// Lets all that can begin do so: what waits for room enters, engines that compute elsewhere get what they have places for, and the
    /// engine's thread looks at what waits. To be called whenever something came or room was made: either may be what another engine
    /// waits for.
    func proceed() {
        let (jobs, signals) = update { shared in
            let (jobs, awake) = shared.state.proceed(at: .now)
            return (jobs, shared.signals(of: awake))
        }
        signals.forEach { $0.wake() }
        start(jobs)
        work.signal()
    }

    /// Runs `body` under the lock; afterwards, outside of it, tells engines of the jobs that nobody waits for any more.
    func update<Result: Sendable, Failure: Error>(
        _ body: (inout Shared) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer {
            for job in shared.withLock({ $0.state.takeAborted() }) { job.engine.abort(job.id) }
        }
        return try shared.withLock { shared throws(Failure) in try body(&shared) }
    }

    // MARK: The engine's thread

    private func serve() {
        while !shared.withLock({ $0.isShutDown }) {
            work.wait()
            while let batch = shared.withLock({ $0.state.nextBatch(at: .now) }) { run(batch) }
        }
        stopped.signal()
    }

    private func run(_ batch: ScoreQueueState.Batch) {
        let start = ContinuousClock.now
        let results = batch.results()
        let end = ContinuousClock.now
        let engine = batch.engine.scoresFingerprint
        let failures = results.compactMap { result in
            if case .failure(let error) = result { error.description } else { nil }
        }
        let (signals, isNew) = shared.withLock { shared in
            let isNew = batch.keys.map { !shared.state.cache.contains($0.plain) }
            shared.state.record(
                tokens: batch.tokenCount, in: end - start, engine: engine, hasFailed: !failures.isEmpty)
            // Not `end`: a request may have come between the two, and would be finished before it had begun.
            let now = ContinuousClock.now
            var done: [ScoreQueueState.TicketID] = []
            for (key, result) in zip(batch.keys, results) { done += shared.state.finish(key, result, at: now) }
            return (shared.signals(of: done), isNew)
        }
        onBatch(
            BatchReport(
                scoresFingerprint: engine, segments: batch.segments.count, tokens: batch.tokenCount,
                prefixTokens: batch.prefixTokens, duration: end - start, failures: failures))
        signals.forEach { $0.wake() }
        proceed()
        store?.append(
            batch.keys.indices.compactMap { index in
                // Log-probs that came beside likeliest tokens may be known already.
                guard batch.isKept[index], isNew[index], case .success(let scores) = results[index] else { return nil }
                return StoredSegment(key: batch.keys[index].plain, logProbs: scores.logProbs)
            })
    }
}
