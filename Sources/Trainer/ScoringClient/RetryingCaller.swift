import Foundation
import System

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

    /// Asks each server once, all at the same time; what each said, in their order.
    func askEach(
        _ call: HTTPCall, timeout: Duration, _ cancellation: StopFlag?
    ) -> [(server: ServerAddress, outcome: AttemptOutcome)] {
        let servers = configuration.servers
        let outcomes = Locked<[Int: AttemptOutcome]>([:])
        let done = DispatchGroup()
        for (index, server) in servers.enumerated() {
            done.enter()
            let thread = Thread { [self] in
                let outcome = attempt(call, at: server, timeout: timeout, cancellation)
                outcomes.withLock { $0[index] = outcome }
                done.leave()
            }
            thread.name = "remit-ask"
            thread.start()
        }
        done.wait()
        let all = outcomes.withLock { $0 }
        return servers.enumerated().compactMap { index, server in all[index].map { (server, $0) } }
    }

    private func send(
        _ call: HTTPCall, _ options: CallOptions
    ) throws(ScoringClientError) -> (ServerAddress, HTTPReply) {
        var effort = Effort(
            servers: configuration.servers.count, limit: configuration.retry.maxServerErrors, patience: options.patience
        )
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
            let finished = attempts(call, index, timeout: timeout, options, mayHedge: !effort.sawBusy)
            if let (server, reply) = try settle(finished, askedFirst: index, &effort, options) {
                return (configuration.servers[server], reply)
            }
        }
    }

    /// What came of one or two attempts. An answer counts, whatever the other server said. A refusal by the second alone ends nothing: it
    /// was asked only because the first was slow, and the first may yet answer.
    private func settle(
        _ finished: [HedgedAttempt.Finished], askedFirst first: Int, _ effort: inout Effort, _ options: CallOptions
    ) throws(ScoringClientError) -> (server: Int, reply: HTTPReply)? {
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
            if case .otherModel(let error) = one.outcome { options.onOtherModel?(error) }
            let isSetAside = answer != nil || (one.server != first && one.outcome.isRefusal)
            if !isSetAside { try effort.failed(one, at: configuration.servers[one.server]) }
        }
        return answer
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

    private func attempt(
        _ call: HTTPCall, at server: ServerAddress, timeout: Duration, _ cancellation: StopFlag?
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
