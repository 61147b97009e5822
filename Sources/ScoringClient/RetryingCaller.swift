import Synchronization

/// Sends a call to one server after another until one answers: the thin shell around `RetryPolicy`, `ServerRotation` and
/// `AttemptOutcome`.
final class RetryingCaller: Sendable {
    private let configuration: ScoringClientConfiguration
    private let rotation: Mutex<ServerRotation>
    private let pool = HandlePool()

    init(_ configuration: ScoringClientConfiguration) {
        self.configuration = configuration
        rotation = Mutex(ServerRotation(count: configuration.servers.count, policy: configuration.retry))
    }

    /// The first answer, as `read` understands it.
    func answer<Answer>(
        _ call: HTTPCall, _ options: CallOptions, _ read: ([UInt8]) throws -> Answer
    ) throws(ScoringClientError) -> Answer {
        let (server, reply) = try send(call, options)
        do {
            return try read(reply.body)
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
        var attempts = 0
        var serverErrors = 0
        var reason = "it failed a moment ago and is being left alone"
        while true {
            try options.cancellation.check()
            let (index, wait) = rotation.withLock { $0.next(at: .now) }
            let server = configuration.servers[index]
            if let deadline = options.deadline, max(wait ?? .now, .now) >= deadline {
                throw .gaveUp(server: server.base, attempts: attempts, lastReason: reason)
            }
            if let wait {
                options.onWait?(ServerWait(server: server.base, reason: reason, delay: wait - .now))
                try options.cancellation.sleep(until: wait)
                continue
            }
            attempts += 1
            let began = ContinuousClock.now
            let timeout = min(options.timeout, options.deadline.map { $0 - began } ?? options.timeout)
            var retryAfter: Duration?
            switch attempt(call, at: server, timeout: timeout, options.cancellation) {
            case .answered(let reply):
                rotation.withLock { $0.succeeded(index) }
                return (server, reply)
            case .failed(let error):
                throw error
            case .away(let text, let delay): (reason, retryAfter) = (text, delay)
            case .serverError(let text):
                reason = text
                serverErrors += 1
            }
            if serverErrors > configuration.retry.maxServerErrors {
                throw .gaveUp(server: server.base, attempts: attempts, lastReason: reason)
            }
            rotation.withLock {
                $0.failed(index, began: began, at: .now, retryAfter: retryAfter, random: .random(in: 0..<1))
            }
        }
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
