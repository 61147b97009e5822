/// A request line and its fields: a value of this type has passed every rule of RFC 9110 and 9112 that we check.
package struct HTTPRequestHead: Sendable, Hashable {
    /// HTTP/1.minor. A higher minor version is read as 1.1.
    package enum Version: Sendable, Hashable { case http10, http11 }

    /// How the body's end is found. `none` is not the same as a length of 0 only in what the client wrote.
    package enum Framing: Sendable, Hashable {
        case none
        case length(Int)
        case chunked
    }

    package let method: String
    /// As the client wrote it: visible ASCII.
    package let target: String
    /// The target's path, still percent-encoded: begins with `/`, or is `*`.
    package let path: String
    /// What follows the first `?`, still percent-encoded.
    package let query: String?
    package let version: Version
    package let headers: HTTPFields
    package let framing: Framing
    package let expectsContinue: Bool

    /// Whether the client lets the connection stay open after this exchange (RFC 9112, 9.3).
    package var keepsAlive: Bool {
        if headers.hasToken("close", in: "Connection") { return false }
        return version == .http11 || headers.hasToken("keep-alive", in: "Connection")
    }

    package var hasBody: Bool { framing != .none && framing != .length(0) }
}
