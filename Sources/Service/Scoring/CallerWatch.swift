import System

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
        Polling.wait(for: descriptor, until: Deadline(deadline)) ? .ready : .deadlinePassed
    }
}

extension WakePipe {
    /// Waits until the pipe has been woken, the caller leaves or the deadline passes.
    func wait(until deadline: ContinuousClock.Instant, watching caller: CallerWatch) -> CallerWatch.Outcome {
        caller.wait(readable, deadline)
    }
}
