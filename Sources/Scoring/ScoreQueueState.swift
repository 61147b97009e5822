import Digests

/// The queue's decisions, without threads: what waits, for whom, in which order, what is known already.
///
/// Equal segments are one item however many requests wait for it. An item lives from the first request that needs it
/// until its batch is done or nobody waits for it any more.
struct ScoreQueueState {
    typealias TicketID = Int
    typealias Instant = ContinuousClock.Instant

    struct Batch {
        let engine: any TeacherEngine
        let keys: [SegmentKey]
        let segments: [Segment]
        /// Whether the results of each segment are worth keeping.
        let isKept: [Bool]
        var tokenCount: Int { segments.reduce(0) { $0 + $1.tokenCount } }
    }

    private struct Item {
        let engine: any TeacherEngine
        let segment: Segment
        var waiters: [TicketID]
        /// Whether any job that waits for it keeps its results.
        var isKept: Bool
        var isRunning = false
    }

    /// What one request waits for from one engine, in its order. Keys that are no longer queued are skipped.
    private struct Lane {
        let ticket: TicketID
        let engine: SHA256Digest
        var keys: ArraySlice<SegmentKey>
    }

    private struct Ticket {
        let jobs: [ScoringJob]
        let submitted: Instant
        var started: Instant?
        var finished: Instant?
        var outstanding: Set<SegmentKey> = []
        var results: [SegmentKey: [Float]] = [:]
        var failure: QueueError?
        var cachedTokens = 0
        var storedTokens = 0
        var sharedTokens = 0
        var computedTokens = 0
    }

    let planner: BatchPlanner
    let maxQueuedTokens: Int
    private(set) var cache: SegmentCache
    /// Tokens queued or running, by engine.
    private(set) var pendingTokens: [SHA256Digest: Int] = [:]
    private var meters: [SHA256Digest: ThroughputMeter] = [:]
    private var items: [SegmentKey: Item] = [:]
    private var lanes: [Lane] = []
    private var tickets: [TicketID: Ticket] = [:]
    private var nextTicket: TicketID = 0
    private var engineServedLast: SHA256Digest?

    init(maxBatchTokens: Int, maxQueuedTokens: Int, cacheTokens: Int) {
        planner = BatchPlanner(maxBatchTokens: maxBatchTokens)
        self.maxQueuedTokens = maxQueuedTokens
        cache = SegmentCache(maxTokens: cacheTokens)
    }

    var queuedTokens: Int { pendingTokens.values.reduce(0, +) }

    /// How long the work ahead will take, by the measured rates; one second at least, ten minutes at most.
    var backlog: Duration {
        let seconds = pendingTokens.reduce(0.0) { sum, pending in
            sum + Double(pending.value) / (meters[pending.key]?.tokensPerSecond ?? Double(max(pending.value, 1)))
        }
        return .seconds(min(max(seconds, 1), 600))
    }

    func tokensPerSecond(of engine: SHA256Digest) -> Double? { meters[engine]?.tokensPerSecond }

    mutating func record(tokens: Int, in duration: Duration, engine: SHA256Digest) {
        meters[engine, default: ThroughputMeter()].record(tokens: tokens, in: duration)
    }

    // MARK: Entering

    /// The segments that are neither in memory nor on their way: what a store is worth asking for.
    mutating func unknownKeys(of jobs: [ScoringJob]) -> [SegmentKey] {
        var unknown: Set<SegmentKey> = []
        for job in jobs where job.isKept {
            for segment in job.segments where segment.tokenCount > 1 {
                let key = job.key(of: segment)
                if items[key] == nil, !cache.contains(key) { unknown.insert(key) }
            }
        }
        return Array(unknown)
    }

    /// Takes the jobs in, or throws and changes nothing but the cache. `stored` is what a store gave.
    mutating func admit(
        _ jobs: [ScoringJob], stored: [SegmentKey: [Float]] = [:], at now: Instant
    ) throws(QueueError) -> (id: TicketID, isDone: Bool) {
        var ticket = Ticket(jobs: jobs, submitted: now)
        var fresh: [(key: SegmentKey, item: Item)] = []
        var newLanes: [Lane] = []
        let id = nextTicket
        for job in jobs {
            var keys: [SegmentKey] = []
            for segment in job.segments {
                let key = job.key(of: segment)
                guard ticket.results[key] == nil, !ticket.outstanding.contains(key) else { continue }
                if segment.tokenCount == 1 {
                    ticket.results[key] = [.nan]
                } else if job.isKept, let known = cache.value(for: key) {
                    ticket.results[key] = known
                    ticket.cachedTokens += segment.tokenCount
                } else if let known = stored[key] {
                    ticket.results[key] = known
                    ticket.storedTokens += segment.tokenCount
                    cache.insert(known, for: key)
                } else {
                    ticket.outstanding.insert(key)
                    keys.append(key)
                    if let item = items[key] {
                        ticket.sharedTokens += segment.tokenCount
                        if item.isRunning { ticket.started = now }
                    } else {
                        ticket.computedTokens += segment.tokenCount
                        fresh.append(
                            (key, Item(engine: job.engine, segment: segment, waiters: [id], isKept: job.isKept)))
                    }
                }
            }
            if !keys.isEmpty {
                newLanes.append(Lane(ticket: id, engine: job.engine.scoresFingerprint, keys: keys[...]))
            }
        }
        guard ticket.computedTokens <= maxQueuedTokens else {
            throw .requestTooLarge(tokens: ticket.computedTokens, limit: maxQueuedTokens)
        }
        guard queuedTokens + ticket.computedTokens <= maxQueuedTokens else {
            throw .full(
                requestTokens: ticket.computedTokens, queuedTokens: queuedTokens, limit: maxQueuedTokens,
                retryAfter: backlog)
        }
        for key in ticket.outstanding { items[key]?.waiters.append(id) }
        for (key, item) in fresh {
            items[key] = item
            pendingTokens[key.scoresFingerprint, default: 0] += item.segment.tokenCount
        }
        lanes += newLanes
        if ticket.outstanding.isEmpty { ticket.finished = now }
        tickets[id] = ticket
        nextTicket += 1
        return (id, ticket.outstanding.isEmpty)
    }

    // MARK: Batches

    /// The next batch, now marked as running; nil where nothing waits. Engines that have work take turns.
    mutating func nextBatch(at now: Instant) -> Batch? {
        dropIdleLanes()
        guard let engine = nextEngine() else { return nil }
        let waiting = lanes.indices.filter { lanes[$0].engine == engine }
        var seen: Set<SegmentKey> = []
        let keysOfLane = waiting.map { queuedKeys(of: lanes[$0], notIn: &seen) }
        let counts = planner.plan(lanes: keysOfLane.map { $0.map { items[$0]?.segment.tokenCount ?? 0 } })
        let keys = zip(keysOfLane, counts).flatMap { $0.prefix($1) }
        var segments: [Segment] = []
        var isKept: [Bool] = []
        for key in keys {
            guard let item = items[key] else { continue }
            segments.append(item.segment)
            isKept.append(item.isKept)
            items[key]?.isRunning = true
            for waiter in item.waiters where tickets[waiter]?.started == nil { tickets[waiter]?.started = now }
        }
        engineServedLast = engine
        guard let first = keys.first, let item = items[first] else { return nil }
        return Batch(engine: item.engine, keys: keys, segments: segments, isKept: isKept)
    }

    /// Hands a finished segment to everyone who waits for it; returns the requests that have now all they asked for.
    mutating func finish(_ key: SegmentKey, _ result: Result<[Float], QueueError>, at now: Instant) -> [TicketID] {
        guard let item = items.removeValue(forKey: key) else { return [] }
        forgetPending(item.segment.tokenCount, engine: key.scoresFingerprint)
        if item.isKept, case .success(let logProbs) = result { cache.insert(logProbs, for: key) }
        var done: [TicketID] = []
        for waiter in item.waiters {
            guard var ticket = tickets[waiter] else { continue }
            ticket.outstanding.remove(key)
            switch result {
            case .success(let logProbs): ticket.results[key] = logProbs
            case .failure(let error): ticket.failure = error
            }
            if ticket.outstanding.isEmpty || ticket.failure != nil {
                ticket.finished = now
                done.append(waiter)
            }
            tickets[waiter] = ticket
        }
        return done
    }

    // MARK: Leaving

    /// The outcome of a finished request, which leaves the state with it.
    mutating func collect(_ id: TicketID) throws(QueueError) -> ScoringOutcome {
        guard let ticket = tickets[id] else { throw .shutDown }
        cancel(id)
        if let failure = ticket.failure { throw failure }
        let finished = ticket.finished ?? ticket.submitted
        let started = ticket.started ?? finished
        return ScoringOutcome(
            logProbs: ticket.jobs.map { job in job.segments.map { ticket.results[job.key(of: $0)] ?? [] } },
            cachedTokens: ticket.cachedTokens, storedTokens: ticket.storedTokens,
            sharedTokens: ticket.sharedTokens, computedTokens: ticket.computedTokens,
            queueTime: started - ticket.submitted, inferenceTime: finished - started)
    }

    /// Forgets a request. What nobody else waits for leaves the queue; what is running is finished for the cache.
    mutating func cancel(_ id: TicketID) {
        guard let ticket = tickets.removeValue(forKey: id) else { return }
        lanes.removeAll { $0.ticket == id }
        for key in ticket.outstanding {
            guard var item = items[key] else { continue }
            item.waiters.removeAll { $0 == id }
            items[key] = item
            if item.waiters.isEmpty && !item.isRunning {
                items[key] = nil
                forgetPending(item.segment.tokenCount, engine: key.scoresFingerprint)
            }
        }
    }

    /// Fails whatever is not finished; returns those who wait.
    mutating func failAll(_ error: QueueError, at now: Instant) -> [TicketID] {
        let unfinished = tickets.keys.filter { tickets[$0]?.finished == nil }
        for id in unfinished {
            tickets[id]?.failure = error
            tickets[id]?.finished = now
        }
        items = items.filter { $0.value.isRunning }
        lanes = []
        pendingTokens = [:]
        for (key, item) in items { pendingTokens[key.scoresFingerprint, default: 0] += item.segment.tokenCount }
        return unfinished
    }

    // MARK: Helpers

    private mutating func forgetPending(_ tokens: Int, engine: SHA256Digest) {
        let left = (pendingTokens[engine] ?? 0) - tokens
        pendingTokens[engine] = left > 0 ? left : nil
    }

    private func isQueued(_ key: SegmentKey) -> Bool { items[key].map { !$0.isRunning } ?? false }

    private mutating func dropIdleLanes() {
        for index in lanes.indices { lanes[index].keys = lanes[index].keys.drop { !isQueued($0) } }
        lanes.removeAll { $0.keys.isEmpty }
    }

    /// The engine whose lane is oldest, but for the one served last if another has work too.
    private func nextEngine() -> SHA256Digest? {
        (lanes.first { $0.engine != engineServedLast } ?? lanes.first)?.engine
    }

    /// The keys of a lane that may go into a batch: at most one budget's worth, none that an older lane has listed.
    private func queuedKeys(of lane: Lane, notIn seen: inout Set<SegmentKey>) -> [SegmentKey] {
        var keys: [SegmentKey] = []
        var tokens = 0
        for key in lane.keys where isQueued(key) && !seen.contains(key) {
            guard tokens < planner.maxBatchTokens else { break }
            tokens += items[key]?.segment.tokenCount ?? 0
            seen.insert(key)
            keys.append(key)
        }
        return keys
    }
}
