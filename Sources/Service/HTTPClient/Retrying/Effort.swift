/// A pure state of one call: how it has gone so far, and whether it goes on.
struct Effort {
    typealias Instant = ContinuousClock.Instant

    private let limit: Int
    private let patience: Duration?
    private let servers: Int
    private(set) var attempts = 0
    /// Who said `reason`; nil where no attempt of this call has failed.
    private(set) var failing: ServerAddress?
    private(set) var reason = "it failed a moment ago and is being left alone"
    /// Whether a server said 429: another request would only add to what keeps it busy, so none is hedged any more.
    private(set) var sawBusy = false
    private var serverErrors = 0
    /// Instant since which no server has answered at all.
    private var awaySince: Instant?
    /// Servers that have not answered since then.
    private var away: Set<Int> = []
    private var lastWasBusy = false
    /// Servers that have not what is asked for, as far as each said last.
    private var others: Set<Int> = []

    /// - Parameters:
    ///   - servers: how many there are to ask.
    ///   - limit: answers 500, 502, 504 before the call is given up.
    ///   - patience: how long it goes on while no server answers; nil: for ever.
    init(servers: Int, limit: Int, patience: Duration?) {
        self.servers = servers
        self.limit = limit
        self.patience = patience
    }

    /// Counts an attempt without an answer; throws where trying on would not help.
    mutating func failed(_ finished: FinishedAttempt, at server: ServerAddress) throws(CallError) {
        attempts += 1
        lastWasBusy = false
        failing = server
        others.remove(finished.server)
        switch finished.outcome {
        case .answered: return
        case .failed(let error): throw error
        case .busy(let text, _):
            (reason, sawBusy, lastWasBusy, awaySince) = (text, true, true, nil)
            away = []
        case .away(let text, _):
            reason = text
            awaySince = awaySince ?? finished.began
            away.insert(finished.server)
        case .unsuited(let error):
            others.insert(finished.server)
            guard others.count < servers else { throw .refused(error) }
            reason = "\(error)"
            awaySince = awaySince ?? finished.began
            away.insert(finished.server)
        case .serverError(let text):
            reason = text
            serverErrors += 1
            guard serverErrors <= limit else {
                throw .gaveUp(server: server.base, attempts: attempts, lastReason: reason)
            }
        }
    }

    /// What is left of the patience; nil: it has no end.
    func patience(at now: Instant) -> Duration? { patience.map { $0 - (awaySince.map { now - $0 } ?? .zero) } }

    /// Throws where patience is at its end and every server was asked: one that is silent takes so long that others have rested meanwhile, and
    /// could be asked for ever.
    func checkPatience(at now: Instant) throws(CallError) {
        guard let patience, let awaySince, away.count == servers, now - awaySince >= patience else { return }
        throw .noServer(waited: now - awaySince, lastReason: reason)
    }

    /// Instant until which to wait, at most `instant`; throws where patience is at its end. A server that is busy is there.
    mutating func waiting(until instant: Instant, at now: Instant) throws(CallError) -> Instant {
        guard let patience, !lastWasBusy else { return instant }
        let since = awaySince ?? now
        awaySince = since
        guard now - since < patience else { throw .noServer(waited: now - since, lastReason: reason) }
        return min(instant, since + patience)
    }
}
