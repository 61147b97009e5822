/// A request line and its fields: a value of this type has passed every rule of RFC 9110 and 9112 that we check.
package struct HTTPRequestHead: Sendable, Hashable {
    /// The version to answer in: HTTP/1.0 or 1.1. A higher minor version is read as 1.1; another major one is refused.
    package enum Version: Sendable, Hashable { case http10, http11 }

    /// How the body's end is found (RFC 9112, 6.3). `none` differs from a length of 0 only in what the client wrote.
    package enum Framing: Sendable, Hashable {
        case none
        case length(Int)
        case chunked
    }

    /// Any token of at most `HTTPRequestParser.maxMethodBytes` bytes, in the case that the client wrote. Whether it is served is the
    /// handler's decision.
    package let method: String
    /// The request target as the client wrote it: visible ASCII.
    package let target: String
    /// The target's path, still percent-encoded: begins with `/`, or is `*`.
    package let path: String
    /// What follows the first `?` of the target, still percent-encoded; nil where there is none.
    package let query: String?
    /// HTTP/1.0 or 1.1.
    package let version: Version
    /// All fields in order, white space around their values removed.
    package let headers: HTTPFields
    /// How the body ends, from Content-Length or Transfer-Encoding.
    package let framing: Framing
    /// Whether the client waits for `100 Continue` before it sends its body; never of HTTP/1.0.
    package let expectsContinue: Bool

    /// Whether the client lets the connection stay open after this exchange (RFC 9112, 9.3).
    package var keepsAlive: Bool {
        if headers.hasToken("close", in: "Connection") { return false }
        return version == .http11 || headers.hasToken("keep-alive", in: "Connection")
    }

    /// Whether body bytes may follow; of a chunked body nobody knows before it comes.
    package var hasBody: Bool { framing != .none && framing != .length(0) }
}
