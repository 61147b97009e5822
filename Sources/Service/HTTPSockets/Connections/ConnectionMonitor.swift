import Foundation
import Synchronization
import System

/// Lets a handler that waits notice that its client has left. Good until the response is sent.
package final class ConnectionMonitor: Sendable {
    /// How a wait ended: `ready` where the other descriptor can be read, `clientGone` where the client closed or was cut off,
    /// `timedOut` where neither came in time.
    package enum Outcome: Sendable, Equatable { case ready, clientGone, timedOut }

    /// The client's numeric address and port.
    package let peer: String
    private let descriptor: Int32
    private let halfClose = Atomic(HalfClose.meansGone)

    /// What it means that the client has closed its sending half.
    private enum HalfClose: UInt8, AtomicRepresentable {
        /// The client is gone: HTTP/1.0 knows no way to ask.
        case meansGone
        /// Nobody knows: the client may have said all that it has to say, and wait; or have closed altogether. It is asked once.
        case isAsked
        /// Nothing: it was asked, or the response is on its way. One that has gone answers what is sent with a reset.
        case meansNothing
    }

    /// A request of this version is to be answered.
    func begin(_ version: HTTPRequestHead.Version) {
        halfClose.store(version == .http11 ? .isAsked : .meansGone, ordering: .relaxed)
    }

    /// From here on no interim response may be sent.
    func responseBegins() {
        _ = halfClose.compareExchange(expected: .isAsked, desired: .meansNothing, ordering: .relaxed)
    }

    init(descriptor: Int32, peer: String) {
        self.descriptor = descriptor
        self.peer = peer
    }

    /// A client that never leaves, for tests of handlers without sockets. (poll skips negative descriptors.)
    package convenience init(detachedPeer: String) { self.init(descriptor: -1, peer: detachedPeer) }

    /// Whether the client has reset the connection, closed it as far as can be told, or been cut off by `stop`.
    package func isClientGone() -> Bool { wait(forReadable: -1, until: .now) == .clientGone }

    /// Waits until `other` (a ticket's pipe, say) can be read, the client leaves, or the deadline passes. Where both have
    /// happened, `ready` wins.
    ///
    /// A client that has closed only its sending half still waits for its answer (RFC 9112, 9.6). From the server's end that looks as if it
    /// had closed altogether, so it is sent `102 Processing` once: who is gone answers with a reset, who waits passes over it. A client
    /// of HTTP/1.0, which knows no interim responses, counts as gone. (nginx takes every half-close for the client's end; NIO leaves it
    /// to each handler.) More bytes from the client (the next request of a pipeline) do not end the wait.
    package func wait(forReadable other: Int32, until deadline: ContinuousClock.Instant) -> Outcome {
        while true {
            let watchesHalf = halfClose.load(ordering: .relaxed) != .meansNothing
            var polled = (
                pollfd(fd: other, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: watchesHalf ? SocketCalls.pollPeerClosed : 0, revents: 0)
            )
            let count = withUnsafeMutableBytes(of: &polled) {
                Polling.wait(for: $0.bindMemory(to: pollfd.self), until: Deadline(deadline))
            }
            if count <= 0 { return .timedOut }
            if polled.0.revents != 0 { return .ready }
            // POLLHUP and POLLERR, which nobody has to ask for: both halves are closed, or the connection was reset.
            guard polled.1.revents == SocketCalls.pollPeerClosed, ask() else { return .clientGone }
        }
    }

    /// False where the client cannot be asked.
    private func ask() -> Bool {
        let (isFirst, _) = halfClose.compareExchange(
            expected: .isAsked, desired: .meansNothing, ordering: .relaxed)
        guard isFirst else { return false }
        return ResponseHead.processingLine.withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        } == ResponseHead.processingLine.count
    }
}
