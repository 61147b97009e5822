import System

/// Sends a call to one server after another until one answers: the thin shell around `RetryPolicy`, `ServerRotation` and
/// `AttemptOutcome`. Knows nothing of what is asked: whoever made it judges the replies.
///
/// Any number of threads may call at once; all their transfers share one thread, and each has a connection for itself.
package final class RetryingCaller: Sendable {
    /// Says what a reply from a server means.
    package typealias Judge = @Sendable (HTTPReply, ServerAddress) -> Verdict

    /// Time in which a server that is there answers the probe, and the shortest silence behind which it is asked.
    package static let probeTime = Duration.seconds(2)

    private let servers: [ServerAddress]
    private let retry: RetryPolicy
    private let hedgeAfter: Duration?
    private let limitBytes: Int
    private let probe: HTTPCall?
    private let judge: Judge
    private let rotation: Locked<ServerRotation>
    private let transfers: HTTPTransfers

    /// Takes at least one server; none is a programmer's mistake and stops the program.
    ///
    /// - Parameters:
    ///   - servers: tried in turn: who answers is asked again, who fails is left alone for a while.
    ///   - hedgeAfter: time after which a second server is asked where the first has not answered, to take whichever answers first: a
    ///     call that changes nothing may be made twice (Dean and Barroso, The tail at scale, 2013). nil: never.
    ///   - spreads: whether each call goes to the next server in turn, not to the one that answered last.
    ///   - probe: asked of a server that has not answered a call for as long as the call's patience is. Where it says nothing to this
    ///     either, it is away; else it is at work, and waited for. nil: nobody is asked, and an attempt lasts as long as its timeout.
    package init(
        servers: [ServerAddress], _ configuration: HTTPClientConfiguration, retry: RetryPolicy = RetryPolicy(),
        hedgeAfter: Duration? = nil, spreads: Bool = false, probe: HTTPCall? = nil, judge: @escaping Judge
    ) {
        precondition(!servers.isEmpty, "a caller needs a server")
        self.servers = servers
        self.retry = retry
        self.hedgeAfter = hedgeAfter
        self.probe = probe
        self.judge = judge
        limitBytes = configuration.maxReplyBytes
        rotation = Locked(ServerRotation(count: servers.count, policy: retry, spreads: spreads))
        transfers = HTTPTransfers(configuration)
    }

    /// Repeats the call until a server answers; waits for that.
    ///
    /// - Throws: `CallError`.
    package func answer(
        _ call: HTTPCall, _ options: CallOptions
    ) throws(CallError) -> (server: ServerAddress, reply: HTTPReply) {
        var effort = Effort(servers: servers.count, limit: retry.maxServerErrors, patience: options.patience)
        while true {
            try options.cancellation.check()
            let (index, wait) = rotation.withLock { rotation in
                let next = rotation.next(at: .now)
                if next.wait == nil { rotation.began(next.index) }
                return next
            }
            let server = effort.failing ?? servers[index]
            if let deadline = options.deadline, max(wait ?? .now, .now) >= deadline {
                throw .gaveUp(server: server.base, attempts: effort.attempts, lastReason: effort.reason)
            }
            if let wait {
                let end = try effort.waiting(until: wait, at: .now)
                options.onWait?(ServerWait(server: server.base, reason: effort.reason, delay: end - .now))
                try options.cancellation.sleep(until: end)
                continue
            }
            try effort.checkPatience(at: .now)
            let timeout = min(options.timeout, options.deadline.map { $0 - .now } ?? options.timeout)
            let silence = effort.patience(at: .now).map { max($0, Self.probeTime) }
            let finished = attempts(
                call, index, timeout, Waiting(silence: silence, cancellation: options.cancellation),
                mayHedge: !effort.sawBusy)
            if let (server, reply) = try settle(finished, askedFirst: index, &effort, options) {
                return (servers[server], reply)
            }
        }
    }

    /// Whether some server answers, each asked once, one after another until one does.
    ///
    /// - Parameter timeout: for each server.
    package func isAnswered(_ call: HTTPCall, timeout: Duration) -> Bool {
        servers.indices.contains { index in
            if case .answered = attempt(call, index, timeout, Waiting()).outcome { true } else { false }
        }
    }

    /// Asks each server once, all at the same time; what each said, in their order.
    ///
    /// - Parameter timeout: for each server.
    package func askEach(
        _ call: HTTPCall, timeout: Duration, _ cancellation: StopFlag? = nil
    ) -> [(server: ServerAddress, outcome: AttemptOutcome)] {
        askEach(call, of: Array(servers.indices), timeout: timeout, cancellation).map(judged)
            .sorted { $0.server < $1.server }.map { (servers[$0.server], $0.outcome) }
    }

    /// What came of one or two attempts. An answer counts, whatever the other server said. A refusal by the second alone ends nothing: it
    /// was asked only because the first was slow, and the first may yet answer.
    private func settle(
        _ finished: [FinishedAttempt], askedFirst first: Int, _ effort: inout Effort, _ options: CallOptions
    ) throws(CallError) -> (server: Int, reply: HTTPReply)? {
        var answer: (server: Int, reply: HTTPReply)?
        for one in finished {
            guard case .answered(let reply) = one.outcome else { continue }
            answer = (one.server, reply)
            rotation.withLock { $0.succeeded(one.server) }
        }
        for one in finished where one.server != answer?.server {
            rotation.withLock {
                $0.failed(
                    one.server, began: one.began, at: .now, retryAfter: one.outcome.retryAfter,
                    random: .random(in: 0..<1))
            }
            if case .unsuited(let error) = one.outcome { options.onUnsuited?(error) }
            let isSetAside = answer != nil || (one.server != first && one.outcome.isRefusal)
            if !isSetAside { try effort.failed(one, at: servers[one.server]) }
        }
        return answer
    }

    /// One attempt, or with hedging up to two: what came back, in that order, the answer last if there is one. What is cancelled because
    /// the other one answered is not among it.
    private func attempts(
        _ call: HTTPCall, _ index: Int, _ timeout: Duration, _ waiting: Waiting, mayHedge: Bool
    ) -> [FinishedAttempt] {
        guard mayHedge, let delay = hedgeAfter, let other = rotation.withLock({ $0.other(than: index, at: .now) })
        else { return [attempt(call, index, timeout, waiting)] }
        let race = AttemptRace()
        begin(race, index, call, timeout)
        if let only = race.next(within: min(delay, waiting.silence ?? delay), waiting.cancellation) {
            return [judged(only)]
        }
        begin(race, other, call, timeout)
        let first = judged(next(race, waiting))
        guard !first.outcome.endsRace else {
            race.cancel()
            return [first]
        }
        return [first, judged(next(race, waiting))]
    }

    private func attempt(_ call: HTTPCall, _ index: Int, _ timeout: Duration, _ waiting: Waiting) -> FinishedAttempt {
        let race = AttemptRace()
        begin(race, index, call, timeout)
        return judged(next(race, waiting))
    }

    /// How long an attempt is waited for.
    private struct Waiting {
        /// Time without an answer after which servers are asked whether they are there, again and again; nil: they are not.
        var silence: Duration?
        var cancellation: StopFlag?
    }

    /// The next attempt that is over. Where none is and no server says that it is there, all of them are.
    private func next(_ race: AttemptRace, _ waiting: Waiting) -> AttemptRace.Ended {
        guard let silence = waiting.silence, let probe else { return race.next(waiting.cancellation) }
        while true {
            if let ended = race.next(within: silence, waiting.cancellation) { return ended }
            let isThere = askEach(probe, of: race.servers, timeout: Self.probeTime, waiting.cancellation).contains {
                if case .success = $0.result { true } else { false }
            }
            if !isThere { race.abandon("it is silent, and does not answer \(probe.path) either") }
        }
    }

    private func askEach(
        _ call: HTTPCall, of servers: [Int], timeout: Duration, _ cancellation: StopFlag?
    ) -> [AttemptRace.Ended] {
        let race = AttemptRace()
        for index in servers { begin(race, index, call, timeout) }
        return servers.map { _ in race.next(cancellation) }
    }

    private func begin(_ race: AttemptRace, _ index: Int, _ call: HTTPCall, _ timeout: Duration) {
        race.begin(index) { transfers.start(call, at: servers[index], timeout: timeout, then: $0) }
    }

    /// On the thread that waited: reading a reply holds up no other transfer.
    private func judged(_ ended: AttemptRace.Ended) -> FinishedAttempt {
        let server = servers[ended.server]
        let outcome =
            switch ended.result {
            case .success(let reply): AttemptOutcome(reply, judge(reply, server))
            case .failure(let error): AttemptOutcome(error, from: server, limitBytes: limitBytes)
            }
        return FinishedAttempt(server: ended.server, began: ended.began, outcome: outcome)
    }
}

/// An attempt that is over, at one of several servers.
struct FinishedAttempt: Sendable {
    let server: Int
    let began: ContinuousClock.Instant
    let outcome: AttemptOutcome
}
