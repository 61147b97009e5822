/// Whose segment is next where each is sent on its own: deficit round-robin (Shreedhar, Varghese 1995) among requests, by tokens.
///
/// In each round a request may send `quantum` tokens, and saves what it cannot use because its next segment is longer; so a small
/// request is through after a round, however large the others are. Pure.
struct RequestTurns {
    typealias TicketID = ScoreQueueState.TicketID

    /// About a document: less makes more rounds, not more fairness.
    static let quantum = 1024

    private var ring: [(ticket: TicketID, deficit: Int)] = []
    private var at = 0

    /// Gives a request that has no place in the round one, at its end.
    mutating func enter(_ ticket: TicketID) {
        guard !ring.contains(where: { $0.ticket == ticket }) else { return }
        ring.append((ticket, Self.quantum))
    }

    /// Chooses the request that sends its next segment, and takes what it costs from its share; nil where nobody has any. Who has none
    /// loses its place: pauses earn nothing.
    ///
    /// - Parameter cost: of a request's next segment, at least 1; nil where it has none.
    mutating func next(cost: (TicketID) -> Int?) -> TicketID? {
        while !ring.isEmpty {
            if at >= ring.count { at = 0 }
            guard let cost = cost(ring[at].ticket) else {
                ring.remove(at: at)
                continue
            }
            if ring[at].deficit >= cost {
                ring[at].deficit -= cost
                return ring[at].ticket
            }
            ring[at].deficit += Self.quantum
            at += 1
        }
        return nil
    }
}
