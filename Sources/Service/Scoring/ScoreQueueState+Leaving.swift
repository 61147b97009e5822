import Sequences

/// How requests end.
extension ScoreQueueState {
    /// The outcome of a finished request, which leaves the state with it.
    package mutating func collect(_ id: TicketID) throws(QueueError) -> ScoringOutcome {
        guard let ticket = tickets[id] else { throw .shutDown }
        cancel(id)
        if let failure = ticket.failure { throw failure }
        return ticket.outcome
    }

    /// What a request that streams has got since the last call, or its end; nil where it has to wait.
    package mutating func progress(_ id: TicketID) throws(QueueError) -> ScoringStream.Progress? {
        guard let failure = tickets[id].map(\.failure) else { throw .shutDown }
        if let failure { throw failure }
        if let news = tickets[id]?.takeNews(), !news.isEmpty { return .finished(news) }
        return tickets[id]?.outstanding.isEmpty == true ? .end(try collect(id)) : nil
    }

    /// Forgets a request. What nobody else waits for leaves the queue; a batch that is running is finished for the cache, a job is taken
    /// back.
    package mutating func cancel(_ id: TicketID, at now: Instant = .now) {
        guard let ticket = tickets.removeValue(forKey: id) else { return }
        for job in ticket.jobs {
            if let engine = job.concurrentEngine {
                concurrentLanes[ObjectIdentifier(engine)]?.waiting.remove(id)
            } else {
                lanes[job.engine.scoresFingerprint]?.remove(id)
            }
        }
        for key in ticket.outstanding {
            items[key]?.waiters.removeAll { $0 == id }
            guard let item = items[key], item.waiters.isEmpty, !item.isRunning || item.job != nil else { continue }
            if let job = item.job { abort(job, at: now) }
            items[key] = nil
            removePending(item.segment, key)
        }
    }

    /// Fails whatever is not finished; returns those who wait.
    package mutating func failAll(_ error: QueueError, at now: Instant) -> [TicketID] {
        let unfinished = tickets.keys.filter { tickets[$0]?.finished == nil }
        for id in unfinished {
            tickets[id]?.failure = error
            tickets[id]?.finished = now
        }
        for job in runningJobs.keys { abort(job, at: now) }
        items = items.filter { $0.value.isRunning && $0.value.job == nil }
        lanes = [:]
        concurrentLanes = [:]
        unentered = []
        pending = [:]
        for (key, item) in items { addPending(item.segment, key) }
        return unfinished
    }
}
