/// A whole request: its head has passed the parser, its body the limit.
package struct HTTPRequest: Sendable {
    /// Request line and fields, checked.
    package let head: HTTPRequestHead
    /// Decoded from its framing; empty where the request has none. Its Content-Encoding is the handler's to undo.
    package let body: [UInt8]
    /// The client's connection, for handlers that wait: it tells when the client has left.
    package let connection: ConnectionMonitor
    /// Its share of the memory for bodies: who makes a larger body of this one (by decompressing it) claims that first.
    package let lease: BodyLease

    package init(
        head: HTTPRequestHead, body: [UInt8], connection: ConnectionMonitor,
        lease: BodyLease = BodyLease(BodyBudget(limit: .max))
    ) {
        self.head = head
        self.body = body
        self.connection = connection
        self.lease = lease
    }
}

/// What to do with a request of which only the head is known.
package enum BodyDecision: Sendable {
    /// Read the body, up to this many bytes (413 beyond), then answer with it. HEAD is answered as GET is: the server keeps the body
    /// back. `failing` gives the response where the body does not come as it must (too large, too slow, malformed, no memory for it
    /// left), after which the connection closes; nil: the handler's `protocolError`. It must not block.
    case accept(
        maxBytes: Int, failing: (@Sendable (HTTPProtocolError) -> HTTPResponse)? = nil,
        then: @Sendable (HTTPRequest) -> HTTPResponse)
    /// Answer at once; the body is dropped, or the connection closed.
    case answer(HTTPResponse)
}

/// What the server serves. Called on the connection's own thread; it may block there for as long as it likes.
package protocol HTTPHandler: Sendable {
    /// Called once a request, before its body is read (and before 100 Continue is sent): the place for 401, 404, 405.
    func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision

    /// Gives the response to a request that never became one: of which no head was accepted. The connection closes after it. Must
    /// not block: it is called on the listener's thread too.
    func protocolError(_ error: HTTPProtocolError) -> HTTPResponse
}
