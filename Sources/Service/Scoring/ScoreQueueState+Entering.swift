import Digests
import Sequences

/// How requests get in.
extension ScoreQueueState {
    /// The segments that are neither in memory nor on their way: what a store is worth asking for.
    package mutating func unknownKeys(of jobs: [ScoringJob]) -> [SegmentKey] {
        var unknown: Set<SegmentKey> = []
        for job in jobs where job.isKept && job.detail.isPlain {
            for segment in job.segments where segment.tokenCount > 1 {
                let key = job.key(of: segment)
                if items[key] == nil, !isKnown(key) { unknown.insert(key) }
            }
        }
        return Array(unknown)
    }

    /// Takes the jobs in, or throws and changes nothing but the cache. `stored` is what a store gave.
    ///
    /// A request larger than the whole queue enters in parts: it holds at most half of the queue at a time, so that others
    /// get in beside it, and `refill` brings in what comes next.
    package mutating func admit(
        _ jobs: [ScoringJob], stored: [SegmentKey: [Float]] = [:], streams: Bool = false, at now: Instant
    ) throws(QueueError) -> (id: TicketID, isDone: Bool) {
        var ticket = QueueTicket(jobs: jobs, streams: streams, submitted: now)
        var waiting: [QueueTicket.Deferred] = []
        for job in jobs {
            for segment in job.order.lazy.map({ job.segments[$0] }) {
                let key = job.key(of: segment)
                guard ticket.results[key] == nil, !ticket.outstanding.contains(key) else { continue }
                if segment.tokenCount == 1 {
                    // Nothing predicts a single token.
                    ticket.take(TokenScores(unpredicted: 1, key.detail), for: key)
                } else if job.isKept, let known = known(key) {
                    ticket.take(TokenScores(logProbs: known), for: key)
                    ticket.cachedTokens += segment.tokenCount
                } else if let known = stored[key], known.count == segment.tokenCount {
                    ticket.take(TokenScores(logProbs: known), for: key)
                    ticket.storedTokens += segment.tokenCount
                    cache.insert(known, for: key)
                } else {
                    ticket.outstanding.insert(key)
                    waiting.append(
                        QueueTicket.Deferred(
                            engine: job.engine, concurrent: job.concurrentEngine, key: key, segment: segment,
                            isKept: job.isKept))
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
        if !ticket.deferred.isEmpty { unentered.append(id) }
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
        if let item = items[next.key] {
            items[next.key]?.waiters.append(id)
            items[next.key]?.isKept = item.isKept || next.isKept
            if item.isRunning { ticket.started = ticket.started ?? now }
        } else {
            items[next.key] = Item(
                engine: next.engine, segment: next.segment, waiters: [id], isKept: next.isKept)
            addPending(next.segment, next.key)
        }
        ticket.enteredCost += next.cost
        if let engine = next.concurrent {
            let lane = ObjectIdentifier(engine)
            concurrentLanes[lane, default: ConcurrentLane(engine)].waiting.append(next.key, of: id)
            concurrentLanes[lane]?.turns.enter(id)
        } else {
            lanes[next.key.scoresFingerprint, default: WaitingLanes()].append(next.key, of: id)
        }
    }

    /// Brings in what requests larger than the queue still have, as far as there is room; returns those that somebody has to
    /// look at. To be called whenever room was made; what it brings in may be for any engine.
    package mutating func refill(at now: Instant) -> [TicketID] {
        var awake: [TicketID] = []
        var stillUnentered: [TicketID] = []
        for id in unentered {
            // Taken out while it changes, so that its results are not copied.
            guard var ticket = tickets.removeValue(forKey: id) else { continue }
            defer { tickets[id] = ticket }
            guard ticket.failure == nil else { continue }
            while let next = ticket.deferred.first {
                let tokens = next.segment.tokenCount
                if next.isKept, let known = known(next.key) {
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
            if !ticket.deferred.isEmpty { stillUnentered.append(id) }
            if ticket.isWorthWaking { awake.append(id) }
        }
        unentered = stillUnentered
        return awake
    }
}
