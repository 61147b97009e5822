/// What a client did against the protocol, or against a limit. Every case closes the connection.
package enum HTTPProtocolError: Error, Equatable, Sendable {
    /// What the connection waited for.
    package enum Phase: String, Sendable { case header, body }

    // The request line
    /// A method that is empty, longer than `HTTPRequestParser.maxMethodBytes`, or with a byte that no token has.
    case badMethod
    /// A target that is neither a path, an absolute http URL, nor `*` with OPTIONS.
    case badTarget
    /// The request line does not end with `HTTP/`, digit, dot, digit.
    case badVersion
    /// A major version other than 1.
    case unsupportedVersion(String)
    case targetTooLong(limit: Int)
    // Lines
    /// LF without CR: two parsers could see different lines in it (request smuggling).
    case bareLineFeed
    /// CR without LF.
    case bareCarriageReturn
    /// A control character in a field or a chunk extension.
    case forbiddenByte(UInt8)
    /// A continued field line (obs-fold), which RFC 9112 lets a server refuse.
    case foldedField
    /// A field name that is empty, has a byte that no token has, or a space before its colon.
    case badFieldName
    case headerTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    // Fields
    case missingHost
    /// More than one Host field.
    case repeatedHost
    case badHost
    case badContentLength(String)
    /// More than one Content-Length field, even with equal values.
    case repeatedContentLength
    /// The two framings of a body contradict each other (request smuggling).
    case contentLengthWithTransferEncoding
    /// A Transfer-Encoding other than one `chunked` on HTTP/1.1.
    case badTransferEncoding(String)
    /// An Expect field other than one `100-continue`.
    case unknownExpectation(String)
    // Bodies
    /// A body over the handler's limit; `actual` is nil for a chunked one, whose length nobody has announced.
    case bodyTooLarge(limit: Int, actual: Int?)
    case badChunkSize
    /// What follows a chunk's size is not `;name` or `;name=value`, as often as wanted.
    case badChunkExtension
    /// After a chunk's bytes no CR LF comes.
    case badChunkEnd
    case chunkExtensionsTooLarge(limit: Int)
    case trailersTooLarge(limit: Int)
    // The connection
    /// The client took longer than the configuration allows.
    case timedOut(Phase)
    /// As many connections are open as `maxConnections` allows.
    case tooManyConnections(limit: Int)
    /// No file descriptor or no thread is left for the connection.
    case noResources
    /// All requests under way hold as many bytes of bodies as `maxTotalBodyBytes` allows.
    case tooManyBodyBytes(limit: Int)
    /// Ours, not the client's: a handler's field that would break the message.
    case unsafeResponseField(name: String)

    /// The HTTP status to answer with: 400, 408, 413, 414, 417, 431, 500, 503 or 505.
    package var status: Int {
        switch self {
        case .badMethod, .badTarget, .badVersion, .bareLineFeed, .bareCarriageReturn, .forbiddenByte, .foldedField,
            .badFieldName, .missingHost, .repeatedHost, .badHost, .badContentLength, .repeatedContentLength,
            .contentLengthWithTransferEncoding, .badTransferEncoding, .badChunkSize, .badChunkEnd,
            .badChunkExtension, .chunkExtensionsTooLarge:
            400
        case .timedOut: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unknownExpectation: 417
        case .headerTooLarge, .tooManyFields, .trailersTooLarge: 431
        case .unsafeResponseField: 500
        case .tooManyConnections, .noResources, .tooManyBodyBytes: 503
        case .unsupportedVersion: 505
        }
    }
}

extension HTTPProtocolError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badMethod: "the method is not a token of at most \(HTTPRequestParser.maxMethodBytes) letters"
        case .badTarget: "the target is neither a path, an absolute http URL nor * with OPTIONS"
        case .badVersion: "expected HTTP/1.1 or HTTP/1.0 at the end of the request line"
        case .unsupportedVersion(let version): "\(version) is not spoken here: HTTP/1.1 and HTTP/1.0 are"
        case .targetTooLong(let limit): "the target is longer than \(limit) bytes"
        case .bareLineFeed: "a line ends with LF alone: expected CR LF"
        case .bareCarriageReturn: "a CR is not followed by LF"
        case .forbiddenByte(let byte): "byte \(byte) may not stand there"
        case .foldedField: "a field continues on a second line (obs-fold)"
        case .badFieldName: "a field name is empty or has a character that no token has, or a space before its colon"
        case .headerTooLarge(let limit): "the header is larger than \(limit) bytes"
        case .tooManyFields(let limit): "the header has more than \(limit) fields"
        case .missingHost: "HTTP/1.1 asks for a Host field"
        case .repeatedHost: "more than one Host field"
        case .badHost: "the Host field is not a host with an optional port"
        case .badContentLength(let value): "Content-Length must be digits only, got \(value.debugDescription)"
        case .repeatedContentLength: "more than one Content-Length field"
        case .contentLengthWithTransferEncoding: "Content-Length beside Transfer-Encoding"
        case .badTransferEncoding(let value): "Transfer-Encoding must be chunked, got \(value.debugDescription)"
        case .unknownExpectation(let value): "Expect must be 100-continue, got \(value.debugDescription)"
        case .bodyTooLarge(let limit, let actual?): "the body of \(actual) bytes is over the limit of \(limit) bytes"
        case .bodyTooLarge(let limit, nil): "the body is over the limit of \(limit) bytes"
        case .badChunkSize: "a chunk size is not hexadecimal digits"
        case .badChunkExtension: "a chunk's extensions are not ;name or ;name=value"
        case .badChunkEnd: "a chunk does not end where its size says"
        case .chunkExtensionsTooLarge(let limit): "the chunk extensions are larger than \(limit) bytes"
        case .trailersTooLarge(let limit): "the trailers are larger than \(limit) bytes"
        case .timedOut(let phase): "the request's \(phase.rawValue) did not arrive in time"
        case .tooManyConnections(let limit): "\(limit) connections are open already"
        case .noResources: "no file descriptor or thread is left for this connection"
        case .tooManyBodyBytes(let limit): "the requests under way have \(limit) bytes of bodies already"
        case .unsafeResponseField(let name): "the response field \(name.debugDescription) is not allowed in a message"
        }
    }
}
