/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The host's name has no address.
    case cannotResolve(host: String, reason: String)
    /// None of the host's addresses could be bound and listened on: the port is taken, or not allowed.
    case cannotListen(host: String, port: Int, reason: String)
    /// The process may open no more file descriptors.
    case noDescriptors(reason: String)
    /// The system gave no thread to accept connections on.
    case noThread
    /// A second `start`, or one after `drain` or `stop`: a server starts once.
    case alreadyStarted

    package var description: String {
        switch self {
        case .cannotResolve(let host, let reason): "cannot find an address for host \(host): \(reason)"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host) port \(port): \(reason)"
        case .noDescriptors(let reason): "cannot open a file descriptor: \(reason)"
        case .noThread: "the system has no thread for the listener"
        case .alreadyStarted: "a server starts once"
        }
    }
}
