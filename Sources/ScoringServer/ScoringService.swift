import Dispatch
import Logging
import Scoring
import ScoringAPI
import Synchronization

/// What all routes share: the models once they are loaded, the queue, limits, keys, metrics, log.
package final class ScoringService: Sendable {
    private enum Phase {
        case loading
        case ready(LoadedModels)
        case draining
    }

    package let version: String
    package let limits: ServiceLimits
    package let threads: Int
    package let queue: ScoreQueue
    package let metrics: ServerMetrics
    package let logger: Logger
    let permits: WorkPermits
    /// Requests for the models that are being answered.
    let running = DispatchGroup()
    private let phase = Mutex(Phase.loading)
    private let keys: Mutex<APIKeys?>
    private let rates = Mutex(TokenRates())

    /// - Parameter threads: how many connections may tokenize or read and write JSON at once.
    package init(
        version: String, limits: ServiceLimits, threads: Int, queue: ScoreQueue, keys: APIKeys?,
        metrics: ServerMetrics, logger: Logger
    ) {
        self.version = version
        self.limits = limits
        self.threads = threads
        self.queue = queue
        self.keys = Mutex(keys)
        self.metrics = metrics
        self.logger = logger
        permits = WorkPermits(threads)
        metrics.observe(queue: queue)
        metrics.observe(isReady: { [weak self] in self?.isReady ?? false })
    }

    private var isReady: Bool {
        phase.withLock { phase in
            if case .ready = phase { true } else { false }
        }
    }

    /// From here on requests are taken.
    package func becomeReady(_ models: LoadedModels) {
        phase.withLock { phase in
            if case .loading = phase { phase = .ready(models) }
        }
    }

    /// From here on new requests are refused with 503; those under way are finished.
    package func beginDrain() { phase.withLock { $0 = .draining } }

    /// Waits until the requests under way are answered. False where some still run after `timeout`.
    package func waitUntilIdle(timeout: Duration) -> Bool {
        running.wait(timeout: .now() + timeout / .seconds(1)) == .success
    }

    /// Throws while loading and draining.
    package func models() throws(ServiceError) -> LoadedModels {
        switch phase.withLock({ $0 }) {
        case .loading: throw .loading
        case .draining: throw .draining
        case .ready(let models): return models
        }
    }

    /// Takes other keys from here on; connections that are open keep nothing of the old.
    package func replace(keys: APIKeys) { self.keys.withLock { $0 = keys } }

    /// Whose key stands in an Authorization field; nil where no keys are asked for.
    func authenticate(_ authorization: String?) throws(ServiceError) -> APIKeyIdentity? {
        guard let keys = keys.withLock({ $0 }) else { return nil }
        let parts = (authorization ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            let identity = keys.identity(of: String(parts[1].drop { $0 == " " }))
        else { throw .unauthorized }
        return identity
    }

    /// Runs `work` at the cost of `tokens` of the key's rate. A request that the queue has no room for costs nothing.
    func charging<Value>(_ key: APIKeyIdentity?, tokens: Int, _ work: () throws -> Value) throws -> Value {
        guard let key, let tokensPerMinute = key.tokensPerMinute else { return try work() }
        if let wait = rates.withLock({ $0.take(tokens, for: key, at: .now) }) {
            throw ServiceError.rateLimited(key: key.name, tokensPerMinute: tokensPerMinute, retryAfter: wait)
        }
        do {
            return try work()
        } catch let error as QueueError where error.isRefusal {
            rates.withLock { $0.giveBack(tokens, for: key) }
            throw error
        }
    }

    /// What /info states, limits as they are in force.
    package func wireLimits(_ models: LoadedModels) -> ServerLimits {
        ServerLimits(
            maxBodyBytes: limits.maxBodyBytes, maxInputs: limits.maxInputs, maxRequestTokens: limits.maxRequestTokens,
            maxSequenceTokens: models.maxSequenceTokens(limits), maxBatchTokens: limits.maxBatchTokens,
            maxQueuedTokens: limits.maxQueuedTokens)
    }
}
