/// How a call has gone so far, and whether it goes on: pure.
struct Effort {
    typealias Instant = ContinuousClock.Instant

    private let limit: Int
    private let patience: Duration?
    private(set) var attempts = 0
    private(set) var reason = "it failed a moment ago and is being left alone"
    /// A server said 429: another request would only add to what keeps it busy, so none is hedged any more.
    private(set) var sawBusy = false
    private var serverErrors = 0
    /// Since when no server has answered at all.
    private var awaySince: Instant?
    private var lastWasBusy = false

    /// - Parameters:
    ///   - limit: answers 500, 502, 504 before the call is given up.
    ///   - patience: how long it goes on while no server answers; nil: for ever.
    init(limit: Int, patience: Duration?) {
        self.limit = limit
        self.patience = patience
    }

    /// Counts an attempt without an answer; returns for how long the server asked to be left alone.
    mutating func failed(
        _ finished: HedgedAttempt.Finished, at server: ServerAddress
    ) throws(ScoringClientError) -> Duration? {
        attempts += 1
        lastWasBusy = false
        switch finished.outcome {
        case .answered: return nil
        case .failed(let error): throw error
        case .busy(let text, let delay):
            (reason, sawBusy, lastWasBusy, awaySince) = (text, true, true, nil)
            return delay
        case .away(let text, let delay):
            reason = text
            awaySince = awaySince ?? finished.began
            return delay
        case .serverError(let text):
            reason = text
            serverErrors += 1
            guard serverErrors <= limit else {
                throw .gaveUp(server: server.base, attempts: attempts, lastReason: reason)
            }
            return nil
        }
    }

    /// Until when to wait, at most until `instant`; throws where patience is at its end. A server that is busy is there.
    mutating func waiting(until instant: Instant, at now: Instant) throws(ScoringClientError) -> Instant {
        guard let patience, !lastWasBusy else { return instant }
        let since = awaySince ?? now
        awaySince = since
        guard now - since < patience else { throw .noServer(waited: now - since, lastReason: reason) }
        return min(instant, since + patience)
    }
}
