/// A request as it is sent to any server.
package struct HTTPCall: Sendable {
    /// Path on the server, from its slash on.
    package var path: String
    /// Bytes that are sent; nil: the call is a GET.
    package var body: [UInt8]?
    /// Media type of the body; nil: none is said.
    package var contentType: String?
    /// Media type of the answer.
    package var accept: String
    /// Whether the body is sent with PUT instead of POST.
    package var isPut = false
    /// Largest body of a reply to this call, in bytes, where that is less than the client takes; nil: as the client.
    package var maxReplyBytes: Int?

    package init(
        path: String, body: [UInt8]? = nil, contentType: String? = nil, accept: String, isPut: Bool = false,
        maxReplyBytes: Int? = nil
    ) {
        self.path = path
        self.body = body
        self.contentType = contentType
        self.accept = accept
        self.isPut = isPut
        self.maxReplyBytes = maxReplyBytes
    }
}

/// A server's reply to a call, whatever its status.
package struct HTTPReply: Sendable {
    /// Status code, 200 to 599.
    package var status: Int
    /// Media type of the body, as the server says it; nil where it does not.
    package var contentType: String?
    /// Time for which the server asks to be left alone; nil where it asks for none.
    package var retryAfter: Duration?
    /// Whole body, at most `HTTPClientConfiguration.maxReplyBytes`.
    package var body: [UInt8]
}
