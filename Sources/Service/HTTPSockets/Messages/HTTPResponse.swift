/// What a handler answers. `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are the server's: a handler's are
/// dropped.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written as it is made, in chunks (HTTP/1.0: up to the close), after `respond` has returned and on the same thread.
        /// A throw ends the connection without the last chunk (HTTP/1.0: with a reset), so that the client cannot take a
        /// part for the whole.
        case stream(@Sendable (BodyWriter) throws -> Void)
    }

    package var status: Int
    package var fields: HTTPFields
    package var body: Body

    package init(status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.init(status: status, fields: fields, body: .bytes(body))
    }

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
    /// Throws where the client is gone or reads too slowly: the handler should give up.
    func write(_ bytes: [UInt8]) throws
}
