import HTTPClient

/// Servers that a `ScoringClient` asks, and how patiently.
package struct ScoringClientConfiguration: Sendable {
    /// Servers that are tried in turn, at least one: who answers is asked again (unless `spreads`), who fails is left alone for a while.
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
    /// Whether each call goes to the next server in turn, so that all of them work.
    package var spreads: Bool
    /// Largest answer that is taken, in bytes: a larger one is an error. Memory grows only with what arrives.
    package var maxResponseBytes: Int

    /// Takes at least one server; none is a programmer's mistake and stops the program.
    package init(
        servers: [ServerAddress], apiKey: APIKey? = nil, caFile: String? = nil, retry: RetryPolicy = RetryPolicy(),
        connectTimeout: Duration = .seconds(5), maxResponseBytes: Int = 256 << 20, hedgeAfter: Duration? = nil,
        spreads: Bool = false
    ) {
        precondition(!servers.isEmpty, "a client needs a server")
        self.servers = servers
        self.apiKey = apiKey
        self.caFile = caFile
        self.retry = retry
        self.connectTimeout = connectTimeout
        self.maxResponseBytes = maxResponseBytes
        self.hedgeAfter = hedgeAfter
        self.spreads = spreads
    }
}

extension ScoringClientConfiguration {
    /// How the client's transfers are made.
    var http: HTTPClientConfiguration {
        HTTPClientConfiguration(
            apiKey: apiKey, caFile: caFile, connectTimeout: connectTimeout, maxReplyBytes: maxResponseBytes)
    }
}
