import Sequences

/// What the requests wait for from one engine: a lane each, oldest first, its keys in the order of the request.
///
/// Keys leave the queue behind a lane's back (a batch that others asked for, a request that left), so each look at a lane is told which
/// keys still wait and drops the others from its front. A key is dropped once: all looks together cost what was ever appended.
struct WaitingLanes {
    typealias TicketID = ScoreQueueState.TicketID

    private var keysOfTicket: [TicketID: ArraySlice<SegmentKey>] = [:]
    /// By arrival. Requests that have left stand here until `compact`.
    private(set) var tickets: [TicketID] = []

    /// Opens a lane at the end where the request has none.
    mutating func append(_ key: SegmentKey, of ticket: TicketID) {
        if keysOfTicket[ticket] == nil { tickets.append(ticket) }
        keysOfTicket[ticket, default: []].append(key)
    }

    /// Forgets a request's lane; returns the keys in it, of which some may not wait any more.
    @discardableResult
    mutating func remove(_ ticket: TicketID) -> ArraySlice<SegmentKey> {
        keysOfTicket.removeValue(forKey: ticket) ?? []
    }

    /// The first key of the request's lane that waits; nil where none does.
    mutating func first(of ticket: TicketID, where waits: (SegmentKey) -> Bool) -> SegmentKey? {
        while let key = keysOfTicket[ticket]?.first {
            if waits(key) { return key }
            keysOfTicket[ticket]?.removeFirst()
        }
        return nil
    }

    /// The oldest request that still waits for something; those before it lose their lanes.
    mutating func oldest(where waits: (SegmentKey) -> Bool) -> TicketID? {
        var gone = 0
        defer { tickets.removeFirst(gone) }
        for ticket in tickets {
            if first(of: ticket, where: waits) != nil { return ticket }
            keysOfTicket[ticket] = nil
            gone += 1
        }
        return nil
    }

    /// Forgets lanes in which nothing waits. Complexity: linear in the number of lanes.
    mutating func compact(where waits: (SegmentKey) -> Bool) {
        var kept: [TicketID] = []
        for ticket in tickets {
            if first(of: ticket, where: waits) != nil { kept.append(ticket) } else { keysOfTicket[ticket] = nil }
        }
        tickets = kept
    }
}
