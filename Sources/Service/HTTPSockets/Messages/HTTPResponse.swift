/// What a handler answers. `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are the server's: a handler's are
/// dropped.
package struct HTTPResponse: Sendable {
    /// What follows the response's head.
    package enum Body: Sendable {
        /// Known whole: sent with its Content-Length, but for 204 and 304, which have no body.
        case bytes([UInt8])
        /// Written as it is made, in chunks (HTTP/1.0: up to the close), after `respond` has returned and on the same thread.
        /// A throw ends the connection without the last chunk (HTTP/1.0: with a reset), so that the client cannot take a
        /// part for the whole.
        case stream(@Sendable (BodyWriter) throws -> Void)
    }

    /// The HTTP status, 200 to 599: a final one.
    package var status: Int
    /// The handler's fields, without those that are the server's.
    package var fields: HTTPFields
    /// What follows the head; kept back where the request was HEAD.
    package var body: Body

    package init(status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.init(status: status, fields: fields, body: .bytes(body))
    }

    /// A response; `status` must be from 200 to 599, since a handler cannot give an interim one.
    package init(status: Int, fields: HTTPFields = [:], body: Body) {
        precondition((200...599).contains(status), "a final status is 200...599")
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The body, where it is not a stream.
    package var bodyBytes: [UInt8]? {
        if case .bytes(let bytes) = body { bytes } else { nil }
    }
}

/// Takes a streamed body. Each write is sent before the call returns and has the write deadline for itself.
package protocol BodyWriter {
    /// Sends `bytes` before it returns.
    ///
    /// - Throws: where the client is gone or reads too slowly: the handler should give up.
    func write(_ bytes: [UInt8]) throws
}
