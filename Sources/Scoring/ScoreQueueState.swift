import Digests
import Transformers

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

    /// Queued or running of one engine.
    private struct Pending {
        var tokens = 0
        var cost = 0
    }

    private struct Item {
        let engine: any TeacherEngine
        let segment: Segment
        var waiters: [TicketID]
        /// Whether any job that waits for it keeps its results.
        var isKept: Bool
        var isRunning = false
    }

    private static func cost(_ item: Item, _ key: SegmentKey) -> Int {
        SegmentKey.cost(tokens: item.segment.tokenCount, topK: key.topK)
    }

    /// What one request waits for from one engine, in its order. Keys that are no longer queued are skipped.
    private struct Lane {
        let ticket: TicketID
        let engine: SHA256Digest
        var keys: ArraySlice<SegmentKey>
    }

    let planner: BatchPlanner
    let maxQueuedTokens: Int
    private(set) var cache: SegmentCache
    private var pending: [SHA256Digest: Pending] = [:]
    private var meters: [SHA256Digest: ThroughputMeter] = [:]
    private var items: [SegmentKey: Item] = [:]
    private var lanes: [Lane] = []
    private var tickets: [TicketID: QueueTicket] = [:]
    private var nextTicket: TicketID = 0
    private var turns = EngineTurns()

    init(maxBatchTokens: Int, maxQueuedTokens: Int, cacheTokens: Int) {
        planner = BatchPlanner(maxBatchTokens: maxBatchTokens)
        self.maxQueuedTokens = maxQueuedTokens
        cache = SegmentCache(maxTokens: cacheTokens)
    }

    /// Queued or running; a token with k likeliest tokens counts 1 + k times.
    var queuedTokens: Int { pending.values.reduce(0) { $0 + $1.cost } }

    /// How long the work ahead will take, by the measured rates; one second at least, ten minutes at most.
    var backlog: Duration {
        let seconds = pending.reduce(0.0) { sum, pending in
            let tokens = pending.value.tokens
            return sum + Double(tokens) / (meters[pending.key]?.tokensPerSecond ?? Double(max(tokens, 1)))
        }
        return .seconds(min(max(seconds, 1), 600))
    }

    func tokensPerSecond(of engine: SHA256Digest) -> Double? { meters[engine]?.tokensPerSecond }

    /// A batch is done. One that failed takes its time from the engine's share, and says nothing of its rate.
    mutating func record(tokens: Int, in duration: Duration, engine: SHA256Digest, hasFailed: Bool = false) {
        turns.charge(engine, duration)
        if !hasFailed { meters[engine, default: ThroughputMeter()].record(tokens: tokens, in: duration) }
    }

    // MARK: Entering

    /// The segments that are neither in memory nor on their way: what a store is worth asking for.
    mutating func unknownKeys(of jobs: [ScoringJob]) -> [SegmentKey] {
        var unknown: Set<SegmentKey> = []
        for job in jobs where job.isKept && job.topK == 0 {
            for segment in job.segments where segment.tokenCount > 1 {
                let key = job.key(of: segment)
                if items[key] == nil, !cache.contains(key) { unknown.insert(key) }
            }
        }
        return Array(unknown)
    }

    /// Takes the jobs in, or throws and changes nothing but the cache. `stored` is what a store gave.
    ///
    /// A request larger than the whole queue enters in parts: it holds at most half of the queue at a time, so that others
    /// get in beside it, and `refill` brings in what comes next.
    mutating func admit(
        _ jobs: [ScoringJob], stored: [SegmentKey: [Float]] = [:], streams: Bool = false, at now: Instant
    ) throws(QueueError) -> (id: TicketID, isDone: Bool) {
        var ticket = QueueTicket(jobs: jobs, streams: streams, submitted: now)
        var waiting: [QueueTicket.Deferred] = []
        for job in jobs {
            for segment in job.segments {
                let key = job.key(of: segment)
                guard ticket.results[key] == nil, !ticket.outstanding.contains(key) else { continue }
                if segment.tokenCount == 1 {
                    ticket.take(Self.alone(key), for: key)
                } else if job.isKept, let known = cache.value(for: key) {
                    ticket.take(TokenScores(logProbs: known), for: key)
                    ticket.cachedTokens += segment.tokenCount
                } else if let known = stored[key], known.count == segment.tokenCount {
                    ticket.take(TokenScores(logProbs: known), for: key)
                    ticket.storedTokens += segment.tokenCount
                    cache.insert(known, for: key)
                } else {
                    ticket.outstanding.insert(key)
                    waiting.append(
                        QueueTicket.Deferred(engine: job.engine, key: key, segment: segment, isKept: job.isKept))
                    if items[key] == nil {
                        ticket.computedTokens += segment.tokenCount
                    } else {
                        ticket.sharedTokens += segment.tokenCount
                    }
                }
            }
        }
        let entering = try part(of: waiting)
        let id = nextTicket
        nextTicket += 1
        for next in waiting.prefix(entering) { enter(next, id, &ticket, at: now) }
        ticket.deferred = waiting.dropFirst(entering)
        if ticket.outstanding.isEmpty { ticket.finished = now }
        tickets[id] = ticket
        return (id, ticket.outstanding.isEmpty)
    }

    /// How many of these segments enter now: all, but for a request that is larger than the queue. Throws where they do not
    /// fit beside what is there. What others wait for already needs no room.
    private func part(of waiting: [QueueTicket.Deferred]) throws(QueueError) -> Int {
        let costs = waiting.map { items[$0.key] == nil ? $0.cost : 0 }
        let newTokens = costs.reduce(0, +)
        if let longest = costs.max(), longest > maxQueuedTokens {
            throw .requestTooLarge(tokens: longest, limit: maxQueuedTokens)
        }
        var (count, entering) = (waiting.count, newTokens)
        if newTokens > maxQueuedTokens {
            (count, entering) = (0, 0)
            while count < costs.count, count == 0 || entering + costs[count] <= maxQueuedTokens / 2 {
                entering += costs[count]
                count += 1
            }
        }
        guard queuedTokens + entering <= maxQueuedTokens else {
            throw .full(
                requestTokens: newTokens, queuedTokens: queuedTokens, limit: maxQueuedTokens, retryAfter: backlog)
        }
        return count
    }

    /// Makes a place for a segment, or waits with others for it. Either way it stands in a lane of this request's: the others
    /// may leave.
    private mutating func enter(
        _ next: QueueTicket.Deferred, _ id: TicketID, _ ticket: inout QueueTicket, at now: Instant
    ) {
        let engine = next.key.scoresFingerprint
        if let item = items[next.key] {
            items[next.key]?.waiters.append(id)
            items[next.key]?.isKept = item.isKept || next.isKept
            if item.isRunning { ticket.started = ticket.started ?? now }
        } else {
            items[next.key] = Item(
                engine: next.engine, segment: next.segment, waiters: [id], isKept: next.isKept)
            pending[engine, default: Pending()].tokens += next.segment.tokenCount
            pending[engine]?.cost += next.cost
        }
        ticket.enteredCost += next.cost
        if let lane = lanes.lastIndex(where: { $0.ticket == id && $0.engine == engine }) {
            lanes[lane].keys.append(next.key)
        } else {
            lanes.append(Lane(ticket: id, engine: engine, keys: [next.key]))
        }
    }

    /// Brings in what requests larger than the queue still have, as far as there is room; returns those that somebody has to
    /// look at. To be called whenever room was made.
    mutating func refill(at now: Instant) -> [TicketID] {
        var awake: [TicketID] = []
        for id in tickets.keys.sorted() {
            guard var ticket = tickets[id], !ticket.deferred.isEmpty, ticket.failure == nil else { continue }
            while let next = ticket.deferred.first {
                let tokens = next.segment.tokenCount
                if next.isKept, let known = cache.value(for: next.key) {
                    ticket.computedTokens -= tokens
                    ticket.cachedTokens += tokens
                    ticket.outstanding.remove(next.key)
                    ticket.take(TokenScores(logProbs: known), for: next.key)
                } else {
                    let isShared = items[next.key] != nil
                    let fits =
                        queuedTokens + next.cost <= maxQueuedTokens
                        && (ticket.enteredCost == 0 || ticket.enteredCost + next.cost <= maxQueuedTokens / 2)
                    guard isShared || fits else { break }
                    if isShared {
                        ticket.computedTokens -= tokens
                        ticket.sharedTokens += tokens
                    }
                    enter(next, id, &ticket, at: now)
                }
                ticket.deferred.removeFirst()
            }
            if ticket.outstanding.isEmpty { ticket.finished = now }
            tickets[id] = ticket
            if ticket.isWorthWaking { awake.append(id) }
        }
        return awake
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
        guard let first = keys.first, let item = items[first] else { return nil }
        return Batch(engine: item.engine, keys: keys, segments: segments, isKept: isKept)
    }

    /// Hands a finished segment to everyone who waits for it; returns the requests that somebody has to look at.
    mutating func finish(_ key: SegmentKey, _ result: Result<TokenScores, QueueError>, at now: Instant) -> [TicketID] {
        guard let item = items.removeValue(forKey: key) else { return [] }
        forgetPending(item, key)
        if item.isKept, case .success(let scores) = result { cache.insert(scores.logProbs, for: key.plain) }
        for waiter in item.waiters { tickets[waiter]?.finish(key, result, cost: Self.cost(item, key), at: now) }
        return item.waiters.filter { tickets[$0]?.isWorthWaking ?? false }
    }

    // MARK: Leaving

    /// The outcome of a finished request, which leaves the state with it.
    mutating func collect(_ id: TicketID) throws(QueueError) -> ScoringOutcome {
        guard let ticket = tickets[id] else { throw .shutDown }
        cancel(id)
        if let failure = ticket.failure { throw failure }
        return ticket.outcome
    }

    /// What a request that streams has got since the last call, or its end; nil where it has to wait.
    mutating func progress(_ id: TicketID) throws(QueueError) -> ScoringStream.Progress? {
        guard var ticket = tickets[id] else { throw .shutDown }
        if let failure = ticket.failure { throw failure }
        let news = ticket.takeNews()
        tickets[id] = ticket
        if !news.isEmpty { return .finished(news) }
        return ticket.outstanding.isEmpty ? .end(try collect(id)) : nil
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
                forgetPending(item, key)
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
        pending = [:]
        for (key, item) in items {
            pending[key.scoresFingerprint, default: Pending()].tokens += item.segment.tokenCount
            pending[key.scoresFingerprint]?.cost += Self.cost(item, key)
        }
        return unfinished
    }

    // MARK: Helpers

    /// What there is to say of a single token, which nothing predicts.
    private static func alone(_ key: SegmentKey) -> TokenScores {
        TokenScores(logProbs: [.nan], top: key.topK > 0 ? TopLogProbs(unpredicted: 1, k: key.topK) : nil)
    }

    private mutating func forgetPending(_ item: Item, _ key: SegmentKey) {
        let engine = key.scoresFingerprint
        pending[engine]?.tokens -= item.segment.tokenCount
        pending[engine]?.cost -= Self.cost(item, key)
        if pending[engine]?.tokens ?? 0 <= 0 { pending[engine] = nil }
    }

    private func isQueued(_ key: SegmentKey) -> Bool { items[key].map { !$0.isRunning } ?? false }

    private mutating func dropIdleLanes() {
        for index in lanes.indices { lanes[index].keys = lanes[index].keys.drop { !isQueued($0) } }
        lanes.removeAll { $0.keys.isEmpty }
    }

    private mutating func nextEngine() -> SHA256Digest? {
        var waiting: [SHA256Digest] = []
        for lane in lanes where !waiting.contains(lane.engine) { waiting.append(lane.engine) }
        return turns.next(of: waiting)
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
