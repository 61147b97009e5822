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

    /// Forgets a request. What nobody else waits for leaves the queue; what is running is finished for the cache.
    package mutating func cancel(_ id: TicketID) {
        guard let ticket = tickets.removeValue(forKey: id) else { return }
        for engine in Set(ticket.jobs.lazy.map(\.engine.scoresFingerprint)) { lanes[engine]?.remove(id) }
        for key in ticket.outstanding {
            items[key]?.waiters.removeAll { $0 == id }
            guard let item = items[key], item.waiters.isEmpty, !item.isRunning else { continue }
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
        items = items.filter { $0.value.isRunning }
        lanes = [:]
        unentered = []
        pending = [:]
        for (key, item) in items { addPending(item.segment, key) }
        return unfinished
    }
}
