import System

/// Servers that a `ScoringClient` asks, and how patiently.
package struct ScoringClientConfiguration: Sendable {
    /// Servers that are tried in turn, at least one: who answers is asked again, who fails is left alone for a while.
    package var servers: [ServerAddress]
    /// Key sent to every server with every request; nil for none.
    package var apiKey: APIKey?
    /// PEM file of the authorities to trust instead of the system's. Certificates are always verified.
    package var caFile: String?
    /// Back-off of a server that fails. Its failures in a row are counted across calls.
    package var retry: RetryPolicy
    /// Longest time to connect, name look-up and TLS included. A shorter time-out of the call goes first.
    package var connectTimeout: Duration
    /// Time after which a second server is asked where the first has not answered, to take whichever answers first. nil: never.
    package var hedgeAfter: Duration?
    /// Largest answer that is taken, in bytes: a larger one is an error. Memory grows only with what arrives.
    package var maxResponseBytes: Int

    /// Takes at least one server; none is a programmer's mistake and stops the program.
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

/// Patience of one call. Scoring changes nothing on the server, so that every call may be repeated.
package struct CallOptions: Sendable {
    /// Time for one attempt, from connecting to the last byte. Size it by the work: a large batch on a slow teacher takes minutes.
    package var timeout: Duration
    /// Instant after which no attempt begins, and which none outlasts. nil: try for ever.
    package var deadline: ContinuousClock.Instant?
    /// Time for which the call goes on while no server answers at all; a server that is busy (429) answers. Zero: each is asked once
    /// and nothing is waited for. nil: for ever.
    package var patience: Duration?
    /// Flag that ends the call from another thread; it throws `ScoringClientError.cancelled` then. nil: nothing ends it early.
    package var cancellation: StopFlag?
    /// Called before each wait, on the caller's thread.
    package var onWait: (@Sendable (ServerWait) -> Void)?
    /// Called where one of several servers holds another model than was asked for, and the others are asked instead.
    package var onOtherModel: (@Sendable (ScoringClientError) -> Void)?

    package init(
        timeout: Duration = .seconds(60), deadline: ContinuousClock.Instant? = nil,
        patience: Duration? = nil, cancellation: StopFlag? = nil,
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

/// A reason why a call waits, for a line such as "teacher away (connection refused), retrying in 3 s".
package struct ServerWait: Sendable, Equatable {
    /// Address of the server that is next in turn, as things stand.
    package let server: String
    /// What the call's last failure said, which may be another server's where several are asked.
    package let reason: String
    /// Time until the call goes on, cut where its patience ends sooner.
    package let delay: Duration
}
