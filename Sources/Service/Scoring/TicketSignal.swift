import Foundation

/// How a request that waits notices that its caller has left.
package struct CallerWatch: Sendable {
    /// How a wait ended: the descriptor can be read, the caller has left, or neither came before the deadline.
    package enum Outcome: Sendable, Equatable { case ready, callerGone, deadlinePassed }

    /// Waits until the descriptor can be read, the caller leaves or the deadline passes; `ready` wins a draw.
    package let wait: @Sendable (_ descriptor: Int32, _ deadline: ContinuousClock.Instant) -> Outcome

    /// - Parameter wait: may block up to the deadline; where the descriptor can be read and the caller has left, `ready` must win.
    package init(wait: @escaping @Sendable (Int32, ContinuousClock.Instant) -> Outcome) { self.wait = wait }

    /// A caller that cannot leave: the program itself, a test.
    package static let none = CallerWatch { descriptor, deadline in
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return .deadlinePassed }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = min(left / .milliseconds(1), 60_000).rounded(.up)
            if poll(&polled, 1, Int32(milliseconds)) > 0 { return .ready }
        }
    }
}

/// A pipe that one thread waits on and another writes one byte to. The descriptors are closed with the last reference,
/// so the writer never meets a number that was given to another file.
final class TicketSignal: Sendable {
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

    /// Forgets what has been fired so far.
    func clear() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(readEnd, &bytes, 16) == 16 {}
    }

    func wait(until deadline: ContinuousClock.Instant, watching caller: CallerWatch) -> CallerWatch.Outcome {
        caller.wait(readEnd, deadline)
    }
}
