import Foundation
import System

/// A connected socket, read and written with deadlines. Used by one thread; closed by `deinit`, so that a descriptor's number
/// is never used again while someone may still mean this connection by it.
final class SocketStream {
    enum Received: Equatable {
        case bytes(Int)
        case end
        case timedOut
        /// The wake descriptor became readable while nothing had arrived.
        case woken
        case failed
    }

    enum SendError: Error, Equatable { case timedOut, clientGone }

    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// - Parameters:
    ///   - pollFirst: where nothing is expected to lie there already.
    ///   - wake: a descriptor that ends the wait, or -1.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, until deadline: Deadline, pollFirst: Bool = false, wake: Int32 = -1
    ) -> Received {
        var mustWait = pollFirst
        while true {
            if mustWait {
                guard let outcome = waitForInput(until: deadline, wake: wake) else { continue }
                if outcome != .bytes(0) { return outcome }
            }
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno != EAGAIN && errno != EINTR { return .failed }
            mustWait = true
        }
    }

    /// `.bytes(0)`: something can be received.
    private func waitForInput(until deadline: Deadline, wake: Int32) -> Received? {
        var polled = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        )
        let count = withUnsafeMutableBytes(of: &polled) {
            Polling.wait(for: $0.bindMemory(to: pollfd.self), until: deadline)
        }
        if count < 0 { return .failed }
        if count == 0 { return .timedOut }
        if polled.0.revents != 0 { return .bytes(0) }
        return polled.1.revents != 0 ? .woken : nil
    }

    /// Sends head and body with as few copies and system calls as the kernel allows.
    func send(_ head: [UInt8], _ body: [UInt8] = [], deadline: TransferDeadline) throws(SendError) {
        let total = head.count + body.count
        var sent = 0
        while sent < total {
            let count = sendOnce(head, body, from: sent)
            if count >= 0 {
                sent += count
                continue
            }
            if errno == EINTR { continue }
            guard errno == EAGAIN else { throw .clientGone }
            var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = withUnsafeMutablePointer(to: &polled) {
                Polling.wait(
                    for: UnsafeMutableBufferPointer(start: $0, count: 1), until: deadline.after(sent))
            }
            if ready <= 0 { throw .timedOut }
        }
    }

    private func sendOnce(_ head: [UInt8], _ body: [UInt8], from sent: Int) -> Int {
        head.withUnsafeBytes { head in
            body.withUnsafeBytes { body in
                let first = UnsafeRawBufferPointer(rebasing: head.dropFirst(sent))
                let second = UnsafeRawBufferPointer(rebasing: body.dropFirst(max(0, sent - head.count)))
                var parts = (
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
                )
                return withUnsafeMutableBytes(of: &parts) {
                    var message = msghdr()
                    message.msg_iov = $0.bindMemory(to: iovec.self).baseAddress
                    message.msg_iovlen = 2
                    return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
            }
        }
    }

    /// Says that no more will come, then reads until the client has closed, or the deadline: closing with unread bytes in
    /// the kernel would reset the connection and could take the answer from the client.
    func closeGently(until deadline: Deadline, scratch: UnsafeMutableRawBufferPointer) {
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0 else { return }
        while !deadline.hasPassed, case .bytes = receive(into: scratch, until: deadline) {}
    }

    func closeWithReset() { SocketCalls.resetOnClose(descriptor) }
}
