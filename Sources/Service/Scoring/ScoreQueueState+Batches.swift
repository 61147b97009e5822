import Digests
import Sequences

/// What runs next, and what becomes of it.
extension ScoreQueueState {
    /// The next batch, now marked as running; nil where nothing waits. Engines that have work take turns.
    ///
    /// Complexity: linear in the requests that wait for the engine, in the tokens of the first segment of each and of those taken, not in
    /// what waits behind them.
    package mutating func nextBatch(at now: Instant) -> Batch? {
        // Taken out while it changes: the closures below read the rest.
        guard let engine = nextEngine(), var waiting = lanes.removeValue(forKey: engine) else { return nil }
        waiting.compact(where: isWaiting)
        let first = waiting.tickets.first.flatMap { waiting.first(of: $0, where: isWaiting) }.flatMap { items[$0] }
        var room = BatchRoom(planner.maxBatchTokens, sharesPrefixes: first?.engine.sharesPrefixes ?? false)
        var keys: [SegmentKey] = []
        planner.plan(
            lanes: waiting.tickets.count,
            next: { lane in
                waiting.first(of: waiting.tickets[lane], where: isWaiting).flatMap { key in
                    items[key].flatMap { item in
                        room.cost(of: item.segment.tokenIDs, key.detail).map {
                            BatchPlanner.Size(cost: $0, tokens: item.segment.tokenCount)
                        }
                    }
                }
            },
            take: { lane in
                guard let key = waiting.first(of: waiting.tickets[lane], where: isWaiting), let item = items[key]
                else { return }
                keys.append(key)
                room.take(item.segment.tokenIDs, key.detail)
                start(key, at: now)
            })
        lanes[engine] = waiting
        let taken = keys.compactMap { items[$0] }
        guard let engine = taken.first?.engine else { return nil }
        return Batch(
            engine: engine, keys: keys, segments: taken.map(\.segment), isKept: taken.map(\.isKept),
            prefixTokens: room.sharedTokens)
    }

    mutating func start(_ key: SegmentKey, job: JobID? = nil, at now: Instant) {
        items[key]?.isRunning = true
        items[key]?.job = job
        for waiter in items[key]?.waiters ?? [] where tickets[waiter]?.started == nil { tickets[waiter]?.started = now }
    }

    /// The engine whose turn it is among those that somebody waits for; the others' lanes are forgotten.
    private mutating func nextEngine() -> SHA256Digest? {
        var oldest: [(engine: SHA256Digest, ticket: TicketID)] = []
        let items = items
        for engine in Array(lanes.keys) {
            if let ticket = lanes[engine]?.oldest(where: { items[$0]?.isRunning == false }) {
                oldest.append((engine, ticket))
            } else {
                lanes[engine] = nil
            }
        }
        // One request may wait for two engines: of those the order must not be a dictionary's.
        return turns.next(
            of: oldest.sorted { ($0.ticket, $0.engine) < ($1.ticket, $1.engine) }.map(\.engine))
    }

    /// Hands a finished segment to everyone who waits for it; returns the requests that somebody has to look at.
    package mutating func finish(_ key: SegmentKey, _ result: Result<TokenScores, QueueError>, at now: Instant)
        -> [TicketID]
    {
        guard let item = items.removeValue(forKey: key) else { return [] }
        removePending(item.segment, key)
        if item.isKept, case .success(let scores) = result { cache.insert(scores.logProbs, for: key.plain) }
        let cost = key.cost(of: item.segment)
        for waiter in item.waiters { tickets[waiter]?.finish(key, result, cost: cost, at: now) }
        return item.waiters.filter { tickets[$0]?.isWorthWaking ?? false }
    }
}
