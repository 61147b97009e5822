import Foundation

/// The far end of the connection that a request came by: watched while the request waits.
package struct CallerWatch: Sendable {
    /// The socket, polled for hang-up only, so that bytes of a next request do not wake the waiter.
    package let descriptor: Int32?
    /// Asked after a hang-up was reported.
    package let isGone: @Sendable () -> Bool

    package init(descriptor: Int32?, isGone: @escaping @Sendable () -> Bool) {
        self.descriptor = descriptor
        self.isGone = isGone
    }

    /// A caller that cannot leave: the program itself, a test.
    package static let none = CallerWatch(descriptor: nil) { false }
}

/// A pipe that one thread waits on and another writes one byte to. The descriptors are closed with the last reference,
/// so the writer never meets a number that was given to another file.
final class TicketSignal: Sendable {
    enum Wake: Equatable { case fired, deadlinePassed, callerGone }

    /// From <poll.h>, where it hides behind _GNU_SOURCE: the peer closed its sending side.
    private static let peerHangUp: Int16 = 0x2000

    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(QueueError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .tooManyOpenFiles }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func fire() {
        var byte: UInt8 = 1
        // A full pipe has been fired already.
        _ = write(writeEnd, &byte, 1)
    }

    func wait(until deadline: ContinuousClock.Instant, watching caller: CallerWatch) -> Wake {
        var watched = caller.descriptor
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return .deadlinePassed }
            var descriptors = [pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)]
            if let watched { descriptors.append(pollfd(fd: watched, events: Self.peerHangUp, revents: 0)) }
            let milliseconds = min(left / .milliseconds(1), 60_000).rounded(.up)
            guard poll(&descriptors, nfds_t(descriptors.count), Int32(milliseconds)) > 0 else { continue }
            if descriptors[0].revents != 0 { return .fired }
            if caller.isGone() { return .callerGone }
            watched = nil
        }
    }
}
