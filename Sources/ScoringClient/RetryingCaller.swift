import Locks

/// Sends a call to one server after another until one answers: the thin shell around `RetryPolicy`, `ServerRotation`,
/// `AttemptOutcome` and `HedgedAttempt`.
final class RetryingCaller: Sendable {
    private let configuration: ScoringClientConfiguration
    private let rotation: Locked<ServerRotation>
    private let pool = HandlePool()

    init(_ configuration: ScoringClientConfiguration) {
        self.configuration = configuration
        rotation = Locked(ServerRotation(count: configuration.servers.count, policy: configuration.retry))
    }

    /// The first answer, as `read` understands it.
    func answer<Answer>(
        _ call: HTTPCall, _ options: CallOptions, _ read: ([UInt8]) throws -> Answer
    ) throws(ScoringClientError) -> Answer {
        let (server, reply) = try send(call, options)
        do {
            return try read(reply.body)
        } catch let fault as AnswerFault {
            throw .wrongAnswer(server: server.base, reason: fault.description)
        } catch {
            throw .unreadableAnswer(server: server.base, reason: "\(error)")
        }
    }

    /// Whether some server answers 2xx, each asked once.
    func isAnswered(_ call: HTTPCall, timeout: Duration) -> Bool {
        configuration.servers.contains { server in
            if case .answered = attempt(call, at: server, timeout: timeout, nil) { true } else { false }
        }
    }

    private func send(
        _ call: HTTPCall, _ options: CallOptions
    ) throws(ScoringClientError) -> (ServerAddress, HTTPReply) {
        var effort = Effort(limit: configuration.retry.maxServerErrors, patience: options.patience)
        while true {
            try options.cancellation.check()
            let (index, wait) = rotation.withLock { $0.next(at: .now) }
            let server = configuration.servers[index]
            if let deadline = options.deadline, max(wait ?? .now, .now) >= deadline {
                throw .gaveUp(server: server.base, attempts: effort.attempts, lastReason: effort.reason)
            }
            if let wait {
                let end = try effort.waiting(until: wait, at: .now)
                options.onWait?(ServerWait(server: server.base, reason: effort.reason, delay: end - .now))
                try options.cancellation.sleep(until: end)
                continue
            }
            let timeout = min(options.timeout, options.deadline.map { $0 - .now } ?? options.timeout)
            for finished in attempts(call, index, timeout: timeout, options, mayHedge: !effort.sawBusy) {
                if let reply = try record(finished, &effort) { return (configuration.servers[finished.server], reply) }
            }
        }
    }

    /// One attempt, or with hedging up to two.
    private func attempts(
        _ call: HTTPCall, _ index: Int, timeout: Duration, _ options: CallOptions, mayHedge: Bool
    ) -> [HedgedAttempt.Finished] {
        let servers = configuration.servers
        guard mayHedge, let delay = configuration.hedgeAfter,
            let other = rotation.withLock({ $0.other(than: index, at: .now) })
        else {
            let began = ContinuousClock.now
            let outcome = attempt(call, at: servers[index], timeout: timeout, options.cancellation)
            return [HedgedAttempt.Finished(server: index, began: began, outcome: outcome)]
        }
        return HedgedAttempt.run(index, thenOther: other, after: delay, cancellation: options.cancellation) {
            [self] index, flag in attempt(call, at: servers[index], timeout: timeout, flag)
        }
    }

    /// Tells rotation and effort what an attempt came to; returns the reply of one that was answered.
    private func record(
        _ finished: HedgedAttempt.Finished, _ effort: inout Effort
    ) throws(ScoringClientError) -> HTTPReply? {
        let index = finished.server
        if case .answered(let reply) = finished.outcome {
            rotation.withLock { $0.succeeded(index) }
            return reply
        }
        let retryAfter = try effort.failed(finished, at: configuration.servers[index])
        rotation.withLock {
            $0.failed(index, began: finished.began, at: .now, retryAfter: retryAfter, random: .random(in: 0..<1))
        }
        return nil
    }

    private func attempt(
        _ call: HTTPCall, at server: ServerAddress, timeout: Duration, _ cancellation: CancellationFlag?
    ) -> AttemptOutcome {
        do throws(TransferError) {
            let url = server.url(call.path)
            let reply = try pool.withHandle { handle throws(TransferError) in
                try handle.perform(call, url, configuration, timeout: timeout, cancellation: cancellation)
            }
            return AttemptOutcome(reply, from: server)
        } catch {
            return AttemptOutcome(error, from: server, limitBytes: configuration.maxResponseBytes)
        }
    }
}
