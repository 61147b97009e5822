/// What an `HTTPServer` listens on and what one client may cost.
package struct HTTPServerConfiguration: Sendable, Hashable {
    /// A name or an address, IPv4 or IPv6; the first of its addresses that can be bound is used.
    package var host: String
    /// 0: any free one.
    package var port: Int
    /// Connections beyond it are answered 503. Each costs one thread, 64 KiB of input buffer, and its request.
    package var maxConnections: Int
    /// Connections that the kernel keeps for us while we are busy.
    package var backlog: Int
    /// For the first byte of a request.
    package var idleTimeout: Duration
    /// From the first byte of a header to its last.
    package var headerTimeout: Duration
    /// For a body, and for a response to be taken; each grows by the time that its bytes would need at `minBytesPerSecond`.
    package var bodyTimeout: Duration
    package var writeTimeout: Duration
    package var minBytesPerSecond: Int
    /// For a client to read the last answer and close, after we have said that we will.
    package var lingerTimeout: Duration
    package var limits: HTTPParserLimits
    /// An unread body up to this size is read and dropped to save the connection; beyond it, the connection closes.
    package var maxDrainBytes: Int
    /// For the bodies of all connections together, as they arrive; 503 beyond it.
    package var maxTotalBodyBytes: Int

    package init(
        host: String = "127.0.0.1", port: Int = 0, maxConnections: Int = 512, backlog: Int = 512,
        idleTimeout: Duration = .seconds(75), headerTimeout: Duration = .seconds(10),
        bodyTimeout: Duration = .seconds(30), writeTimeout: Duration = .seconds(30),
        minBytesPerSecond: Int = 64 << 10, lingerTimeout: Duration = .seconds(2),
        limits: HTTPParserLimits = HTTPParserLimits(), maxDrainBytes: Int = 256 << 10,
        maxTotalBodyBytes: Int = .max
    ) {
        precondition((0...65_535).contains(port) && maxConnections > 0 && backlog > 0 && minBytesPerSecond > 0)
        self.host = host
        self.port = port
        self.maxConnections = maxConnections
        self.backlog = backlog
        self.idleTimeout = idleTimeout
        self.headerTimeout = headerTimeout
        self.bodyTimeout = bodyTimeout
        self.writeTimeout = writeTimeout
        self.minBytesPerSecond = minBytesPerSecond
        self.lingerTimeout = lingerTimeout
        self.limits = limits
        self.maxDrainBytes = maxDrainBytes
        self.maxTotalBodyBytes = maxTotalBodyBytes
    }
}
