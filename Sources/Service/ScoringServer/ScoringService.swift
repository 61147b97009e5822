import Dispatch
import HTTPSockets
import JSONValues
import Logging
import Scoring
import ScoringAPI
import System

/// What all routes share: the models once they are loaded, the queue, limits, keys, metrics, log.
package final class ScoringService: Sendable {
    private enum Phase {
        case loading
        case ready(TeacherRegistry)
        case draining(TeacherRegistry?)

        var teachers: TeacherRegistry? {
            get {
                switch self {
                case .loading: nil
                case .ready(let teachers): teachers
                case .draining(let teachers): teachers
                }
            }
            set {
                guard let newValue else { return }
                switch self {
                case .loading: break
                case .ready: self = .ready(newValue)
                case .draining: self = .draining(newValue)
                }
            }
        }
    }

    /// The program's version, as /info and the metrics state it.
    package let version: String
    /// What requests may cost, as configured; the models loaded may allow less (`wireLimits`).
    package let limits: ServiceLimits
    /// Connections that may tokenize, decompress, and read and write JSON at once; /info states the number.
    package let threads: Int
    /// The queue in which requests wait for the engines; all teachers share it.
    package let queue: ScoreQueue
    /// The counters that routes and queue report to.
    package let metrics: ServerMetrics
    /// The program's log.
    package let logger: Logger
    let administration: TeacherAdministration
    let pages: PageRules
    /// Whether the page is served beside the API.
    let hasPage: Bool
    /// Whether the routes of other systems' clients are served beside the API's own.
    let hasDialects: Bool
    private let settings: ServiceSettings
    let permits: WorkPermits
    /// Requests for the models that are being answered.
    let running = DispatchGroup()
    private let phase = Locked(Phase.loading)
    private let keys: Locked<APIKeys?>
    private let rates = Locked(TokenRates())
    private let port = Locked<Int?>(nil)

    /// A service that is loading its models. It adds gauges of its queue, teachers and readiness to the registry of `metrics`, which
    /// refuses a name that it has: one service a registry.
    ///
    /// - Parameter threads: how many connections may tokenize or read and write JSON at once.
    package init(
        version: String, limits: ServiceLimits, threads: Int, queue: ScoreQueue, keys: APIKeys?,
        administration: TeacherAdministration = TeacherAdministration(),
        pages: PageRules = PageRules(), hasPage: Bool = true,
        hasDialects: Bool = true, settings: ServiceSettings = ServiceSettings(),
        metrics: ServerMetrics, logger: Logger
    ) {
        self.version = version
        self.limits = limits
        self.threads = threads
        self.queue = queue
        self.keys = Locked(keys)
        self.administration = administration
        self.pages = pages
        self.hasPage = hasPage
        self.hasDialects = hasDialects
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
        permits = WorkPermits(threads)
        metrics.observe(queue: queue)
        metrics.observe(teachers: { [weak self] in self?.teacherStatuses ?? [] })
        metrics.observe(isReady: { [weak self] in self?.isReady ?? false })
    }

    /// Notes the port that was taken, which a flag of 0 leaves to the system; /info states it from then on.
    package func isListening(onPort taken: Int) { port.withLock { $0 = taken } }

    /// Every flag with its value in force: what the models allow, not what was asked for, where that is less.
    func settings(inForce limits: ServerLimits) -> ServiceSettings {
        var settled: [String: JSONValue] = [
            "max_sequence_tokens": .integer(limits.maxSequenceTokens), "max_top_k": .integer(limits.maxTopK),
        ]
        settled["port"] = port.withLock { $0 }.map { .integer($0) }
        return settings.replacing(settled)
    }

    private var isReady: Bool {
        phase.withLock { phase in
            if case .ready = phase { true } else { false }
        }
    }

    /// Takes requests from here on; `models` has the default teacher. Without effect once ready or draining.
    package func becomeReady(_ models: LoadedModels) {
        phase.withLock { phase in
            if case .loading = phase { phase = .ready(TeacherRegistry(models)) }
        }
    }

    /// Refuses new requests with 503 from here on; those under way are finished.
    package func beginDrain() { phase.withLock { $0 = .draining($0.teachers) } }

    /// Waits until the requests under way are answered. False where some still run after `timeout`.
    package func waitUntilIdle(timeout: Duration) -> Bool {
        running.wait(timeout: .now() + timeout / .seconds(1)) == .success
    }

    /// Throws while loading and draining.
    func requireReady() throws(ServiceError) { _ = try teachers() }

    /// The teachers as they are now. Throws while loading and draining.
    func teachers() throws(ServiceError) -> TeacherRegistry {
        switch phase.withLock({ $0 }) {
        case .loading: throw .loading
        case .draining: throw .draining
        case .ready(let teachers): return teachers
        }
    }

    /// The models that a request is answered from. Throws while loading and draining, and where no teacher is what the
    /// request asks for.
    package func models(for pins: ModelPins) throws(ServiceError) -> LoadedModels {
        try teachers().models(for: pins)
    }

    /// Changes the teachers, or throws and leaves them; not while loading and draining.
    func changeTeachers<Value>(
        _ change: (inout TeacherRegistry) throws(ServiceError) -> Value
    ) throws(ServiceError) -> Value {
        try phase.withLock { phase throws(ServiceError) in
            switch phase {
            case .loading: throw .loading
            case .draining: throw .draining
            case .ready(var teachers):
                let value = try change(&teachers)
                phase = .ready(teachers)
                return value
            }
        }
    }

    /// Notes what became of a load, also while draining.
    func withTeachers(_ change: (inout TeacherRegistry) -> Void) {
        phase.withLock { phase in
            guard var teachers = phase.teachers else { return }
            change(&teachers)
            phase.teachers = teachers
        }
    }

    private var teacherStatuses: [TeacherStatus] { phase.withLock { $0.teachers?.statuses ?? [] } }

    /// Throws where the key is not marked admin; without keys, where nobody was given leave.
    func authorizeAdmin(_ key: APIKeyIdentity?) throws(ServiceError) {
        if let key {
            guard key.isAdmin else { throw .forbidden("This needs a key that is marked admin in the key file.") }
        } else if !administration.isOpen {
            throw .forbidden(
                "This needs a key that is marked admin, and the server has no keys: start it with --api-key-file, or with "
                    + "--admin-without-key.")
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

    /// Runs what computes when its turn has come, for a request that has not been scored yet.
    func working<Value>(
        until deadline: ContinuousClock.Instant, for client: ConnectionMonitor, _ work: () throws -> Value
    ) throws -> Value {
        try permits.run(
            until: deadline, for: client, orThrow: ServiceError.noPermit(retryAfter: queue.backlog), work)
    }

    /// Runs what computes when its turn has come, for a request that has been: what was scored is kept.
    func finishing<Value>(_ request: ServiceRequest, _ work: () throws -> Value) throws -> Value {
        try permits.run(
            until: request.deadline, for: request.http.connection,
            orThrow: QueueError.deadlineExceeded(retryAfter: .seconds(1)), work)
    }

    /// Throws where the key's tokens of this minute are used up.
    func checkRate(_ key: APIKeyIdentity?) throws(ServiceError) { try charge(key, tokens: 0) }

    private func charge(_ key: APIKeyIdentity?, tokens: Int) throws(ServiceError) {
        guard let key, let tokensPerMinute = key.tokensPerMinute else { return }
        if let wait = rates.withLock({ $0.take(tokens, for: key, at: .now) }) {
            throw .rateLimited(key: key.name, tokensPerMinute: tokensPerMinute, retryAfter: wait)
        }
    }

    /// Runs `work` at the cost of `tokens` of the key's rate. A request that the queue has no room for costs nothing.
    func charging<Value>(_ key: APIKeyIdentity?, tokens: Int, _ work: () throws -> Value) throws -> Value {
        try charge(key, tokens: tokens)
        do {
            return try work()
        } catch let error as QueueError where error.isRefusal {
            if let key { rates.withLock { $0.giveBack(tokens, for: key) } }
            throw error
        }
    }

    /// What /info states, limits as they are in force.
    package func wireLimits(_ models: LoadedModels) -> ServerLimits {
        ServerLimits(
            maxBodyBytes: limits.maxBodyBytes, maxInputs: limits.maxInputs, maxRequestTokens: limits.maxRequestTokens,
            maxSequenceTokens: models.maxSequenceTokens(limits), maxBatchTokens: limits.maxBatchTokens,
            maxQueuedTokens: limits.maxQueuedTokens, maxTopK: models.maxTopK(limits))
    }
}
