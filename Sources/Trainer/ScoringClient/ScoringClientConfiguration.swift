/// Whom a `ScoringClient` asks, and how patiently.
package struct ScoringClientConfiguration: Sendable {
    /// Tried in turn: who answers is asked again, who fails is left alone for a while.
    package var servers: [ServerAddress]
    package var apiKey: APIKey?
    /// PEM file of the authorities to trust instead of the system's. Certificates are always verified.
    package var caFile: String?
    package var retry: RetryPolicy
    package var connectTimeout: Duration
    /// Ask a second server where the first has not answered for so long, and take whichever answers first. nil: never.
    package var hedgeAfter: Duration?
    /// An answer larger than this is an error; memory grows only with what arrives.
    package var maxResponseBytes: Int

    package init(
        servers: [ServerAddress], apiKey: APIKey? = nil, caFile: String? = nil, retry: RetryPolicy = RetryPolicy(),
        connectTimeout: Duration = .seconds(5), maxResponseBytes: Int = 256 << 20, hedgeAfter: Duration? = nil
    ) {
        precondition(!servers.isEmpty, "a client needs a server")
        self.servers = servers
        self.apiKey = apiKey
        self.caFile = caFile
        self.retry = retry
        self.connectTimeout = connectTimeout
        self.maxResponseBytes = maxResponseBytes
        self.hedgeAfter = hedgeAfter
    }
}

/// How one call waits. Scoring changes nothing on the server, so that every call may be repeated.
package struct CallOptions: Sendable {
    /// For one attempt, from connecting to the last byte. Size it by the work: a large batch on a slow teacher takes minutes.
    package var timeout: Duration
    /// No attempt begins after it, and none outlasts it. nil: try for ever.
    package var deadline: ContinuousClock.Instant?
    /// How long the call goes on while no server answers at all; a server that is busy (429) answers. Zero: each is asked once and
    /// nothing is waited for. nil: for ever.
    package var patience: Duration?
    package var cancellation: CancellationFlag?
    /// Called before each wait, on the caller's thread.
    package var onWait: (@Sendable (ServerWait) -> Void)?
    /// Called where one of several servers holds another model than was asked for, and the others are asked instead.
    package var onOtherModel: (@Sendable (ScoringClientError) -> Void)?

    package init(
        timeout: Duration = .seconds(60), deadline: ContinuousClock.Instant? = nil,
        patience: Duration? = nil, cancellation: CancellationFlag? = nil,
        onWait: (@Sendable (ServerWait) -> Void)? = nil,
        onOtherModel: (@Sendable (ScoringClientError) -> Void)? = nil
    ) {
        self.timeout = timeout
        self.deadline = deadline
        self.patience = patience
        self.cancellation = cancellation
        self.onWait = onWait
        self.onOtherModel = onOtherModel
    }
}

/// Why a call waits, for a line such as "teacher away (connection refused), retrying in 3 s".
package struct ServerWait: Sendable, Equatable {
    package let server: String
    package let reason: String
    package let delay: Duration
}
