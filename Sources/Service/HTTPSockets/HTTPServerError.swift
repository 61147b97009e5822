/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotResolve(host: String, reason: String)
    case cannotListen(host: String, port: Int, reason: String)
    case noDescriptors(reason: String)
    case noThread
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
