import HTTPSockets
import Logging

extension ServerMetrics {
    /// Counts what happened to a connection, and says it in the log where an operator may want to know more.
    package func count(_ event: HTTPServerEvent, _ logger: Logger) {
        switch event {
        case .protocolError(let error, let peer):
            countConnectionError("protocol_error")
            logger.info("protocol error", metadata: ["peer": "\(peer)", "error": "\(error)"])
        case .clientGone: countConnectionError("client_gone")
        case .writeTimedOut(let peer):
            countConnectionError("write_timed_out")
            logger.info("client reads too slowly", metadata: ["peer": "\(peer)"])
        case .displaced: countConnectionError("displaced")
        case .refused(let error):
            countConnectionError("refused")
            logger.warning("connection refused", metadata: ["error": "\(error)"])
        case .acceptFailed(let reason):
            countConnectionError("accept_failed")
            logger.warning("accept failed", metadata: ["error": "\(reason)"])
        case .unsafeResponseField(let name):
            countConnectionError("unsafe_response_field")
            logger.error("unsafe response field", metadata: ["name": "\(name)"])
        }
    }
}
