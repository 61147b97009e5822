/// How transfers are made, whichever server they go to.
package struct HTTPClientConfiguration: Sendable {
    /// Key sent with every request; nil for none.
    package var apiKey: APIKey?
    /// PEM file of the authorities to trust; nil: those that libcurl was built with, if any. Certificates are always verified.
    package var caFile: String?
    /// Longest time to connect, name look-up and TLS included. A shorter time-out of the transfer goes first.
    package var connectTimeout: Duration
    /// Largest body of a reply that is taken, in bytes: a larger one is an error. Memory grows only with what arrives.
    package var maxReplyBytes: Int
    /// Transfers that run at once, each on a connection of its own; those beyond wait their turn, within their time-out. 1 or more.
    package var maxTransfers: Int

    /// `maxTransfers` is 1 or more; anything else is a programmer's mistake and stops the program. Without `caFile` the authorities are
    /// those of `SystemAuthorities`.
    package init(
        apiKey: APIKey? = nil, caFile: String? = nil, connectTimeout: Duration = .seconds(5),
        maxReplyBytes: Int = 256 << 20, maxTransfers: Int = 512
    ) {
        precondition(maxTransfers >= 1, "who may make no transfer makes none")
        self.apiKey = apiKey
        self.caFile = caFile ?? SystemAuthorities.bundle()
        self.connectTimeout = connectTimeout
        self.maxReplyBytes = maxReplyBytes
        self.maxTransfers = maxTransfers
    }
}
