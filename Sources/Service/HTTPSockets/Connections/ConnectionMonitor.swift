import Foundation
import System

/// Lets a handler that waits notice that its client has left. Good until the response is sent.
package final class ConnectionMonitor: Sendable {
    /// How a wait ended: `ready` where the other descriptor can be read, `clientGone` where the client closed or was cut off,
    /// `timedOut` where neither came in time.
    package enum Outcome: Sendable, Equatable { case ready, clientGone, timedOut }

    /// The client's numeric address and port.
    package let peer: String
    private let descriptor: Int32

    init(descriptor: Int32, peer: String) {
        self.descriptor = descriptor
        self.peer = peer
    }

    /// A client that never leaves, for tests of handlers without sockets. (poll skips negative descriptors.)
    package convenience init(detachedPeer: String) { self.init(descriptor: -1, peer: detachedPeer) }

    /// Whether the client has closed its end, reset the connection, or been cut off by `stop`.
    package func isClientGone() -> Bool { wait(forReadable: -1, until: .now) == .clientGone }

    /// Waits until `other` (a ticket's pipe, say) can be read, the client leaves, or the deadline passes. Where both have
    /// happened, `ready` wins.
    ///
    /// A client that closes only its sending half counts as gone, as it does for most servers. More bytes from the client
    /// (the next request of a pipeline) do not end the wait.
    package func wait(forReadable other: Int32, until deadline: ContinuousClock.Instant) -> Outcome {
        var polled = (
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: SocketCalls.pollPeerClosed, revents: 0)
        )
        let count = withUnsafeMutableBytes(of: &polled) {
            Polling.wait(for: $0.bindMemory(to: pollfd.self), until: Deadline(deadline))
        }
        if count <= 0 { return .timedOut }
        return polled.0.revents != 0 ? .ready : .clientGone
    }
}
