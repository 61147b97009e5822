/// What an `HTTPServer` listens on and what one client may cost.
package struct HTTPServerConfiguration: Sendable, Hashable {
    /// A name or an address, IPv4 or IPv6; the first of its addresses that can be bound is used.
    package var host: String
    /// The port to listen on; 0: any free one.
    package var port: Int
    /// Most connections at once; those beyond it take the place of one that asks for nothing, or are answered 503. Each costs one
    /// thread, 64 KiB of input buffer, and its request.
    package var maxConnections: Int
    /// Most connections that the kernel keeps waiting while the listener is busy.
    package var backlog: Int
    /// Longest wait for the first byte of a connection's next request; then it closes without an answer.
    package var idleTimeout: Duration
    /// Longest time from the first byte of a header to its last; 408 beyond it. Who has connected has as long for the first byte of all.
    package var headerTimeout: Duration
    /// Longest time for a body to arrive, grown by the time that its bytes would need at `minBytesPerSecond`; 408 beyond it.
    package var bodyTimeout: Duration
    /// Longest time for a client to take a response, or one write of a streamed one, grown by the time that the bytes would need at
    /// `minBytesPerSecond`; then the connection is reset.
    package var writeTimeout: Duration
    /// The rate that a client must keep up: without it, one that sends or reads a byte now and then would hold a thread for ever.
    package var minBytesPerSecond: Int
    /// Longest wait for a client to read the last answer and close, after the server has said that it will close.
    package var lingerTimeout: Duration
    /// Sizes of a request's header, chunk extensions and trailers.
    package var limits: HTTPParserLimits
    /// An unread body up to this size is read and dropped to save the connection; beyond it, the connection closes.
    package var maxDrainBytes: Int
    /// Most bytes claimed for the bodies of all connections together, as they arrive; 503 beyond it.
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
