import Sequences
import System

/// A request whose results are taken as they finish. It leaves the queue when its last reference goes. One thread at a time.
package final class ScoringStream: Sendable {
    /// What a wait for more results gave.
    package enum Progress: Sendable {
        /// At least one; each is handed out once, and what it costs to keep passes to the caller.
        case finished([SegmentKey: TokenScores])
        /// All has been handed out: what it took, without scores.
        case end(ScoringOutcome)
    }

    private let queue: ScoreQueue
    private let ticket: ScoreQueueState.TicketID
    /// Nil where everything was known when the request came.
    private let signal: WakePipe?

    init(queue: ScoreQueue, ticket: ScoreQueueState.TicketID, signal: WakePipe?) {
        self.queue = queue
        self.ticket = ticket
        self.signal = signal
    }

    deinit { queue.leave(ticket) }

    /// Waits until something more has finished. After an error there is nothing more to come.
    ///
    /// - Throws: `QueueError`: `deadlineExceeded`, `clientGone`, `shutDown`, or why a segment could not be scored.
    package func next(
        until deadline: ContinuousClock.Instant, caller: CallerWatch = .none
    ) throws(QueueError) -> Progress {
        while true {
            signal?.clear()
            if let progress = try queue.progress(ticket) { return progress }
            guard let signal else { throw .shutDown }
            switch signal.wait(until: deadline, watching: caller) {
            case .ready: continue
            case .callerGone: throw .clientGone
            case .deadlinePassed: throw .deadlineExceeded(retryAfter: queue.backlog)
            }
        }
    }
}
