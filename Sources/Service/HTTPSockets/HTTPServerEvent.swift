/// What an operator may want to count or log. Peers are numeric addresses with ports.
package enum HTTPServerEvent: Sendable, Equatable {
    /// A request that never reached the handler, and was answered.
    case protocolError(HTTPProtocolError, peer: String)
    /// The client left, or its network broke, within a request or a response.
    case clientGone(peer: String)
    /// The client took a response more slowly than `writeTimeout` and `minBytesPerSecond` allow; the connection was reset.
    case writeTimedOut(peer: String)
    /// As many connections were open as may be: one that asked for nothing was closed for one that came. `isSilent`: it had sent
    /// nothing at all; else it was idle between two requests.
    case displaced(isSilent: Bool)
    /// Answered 503 at the door.
    case refused(HTTPProtocolError)
    /// `accept` failed; the listener goes on.
    case acceptFailed(reason: String)
    /// A handler's field was not sent: an error of ours.
    case unsafeResponseField(name: String)
}
