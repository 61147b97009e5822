import Foundation
import System

/// Two attempts at one call: the second begins where the first has not come back in time, and whichever answers first ends the
/// other. Scoring changes nothing on a server, so that asking twice is safe; it costs the work of one answer.
/// Dean and Barroso, The tail at scale (2013).
final class HedgedAttempt: Sendable {
    struct Finished: Sendable {
        let server: Int
        let began: ContinuousClock.Instant
        let outcome: AttemptOutcome
    }

    private let finished = Locked<[Finished]>([])
    private let signal = DispatchSemaphore(value: 0)

    /// - Parameter attempt: blocks; ends soon with `cancelled` once its flag is set.
    /// - Returns: what came back, in that order: the answer last if there is one. What was cancelled is not among it.
    static func run(
        _ first: Int, thenOther second: Int, after delay: Duration, cancellation: StopFlag?,
        attempt: @escaping @Sendable (Int, StopFlag) -> AttemptOutcome
    ) -> [Finished] {
        let race = HedgedAttempt()
        let flags = [StopFlag(parent: cancellation), StopFlag(parent: cancellation)]
        race.start(first, flags[0], attempt)
        guard race.signal.wait(timeout: .now() + .milliseconds(delay.milliseconds)) == .timedOut else {
            return race.taken()
        }
        race.start(second, flags[1], attempt)
        for arrived in 1...2 {
            race.signal.wait()
            let isOver = race.finished.withLock { $0[arrived - 1].outcome.endsRace }
            guard arrived < 2, !isOver else {
                let finished = race.taken()
                flags.forEach { $0.request() }
                return finished
            }
        }
        return race.taken()
    }

    /// What came back so far. It is moved out, not copied: the one that comes last is added while this is read, and although such a
    /// copy is safe, ThreadSanitizer cannot see why.
    private func taken() -> [Finished] {
        finished.withLock { finished in
            defer { finished = [] }
            return finished
        }
    }

    private func start(
        _ server: Int, _ flag: StopFlag,
        _ attempt: @escaping @Sendable (Int, StopFlag) -> AttemptOutcome
    ) {
        let thread = Thread { [self] in
            let began = ContinuousClock.now
            let outcome = attempt(server, flag)
            finished.withLock { $0.append(Finished(server: server, began: began, outcome: outcome)) }
            signal.signal()
        }
        thread.name = "remit-hedge"
        thread.start()
    }
}

extension AttemptOutcome {
    /// Whether nothing better can come: there is an answer, or the caller has cancelled.
    fileprivate var endsRace: Bool {
        switch self {
        case .answered, .failed(.cancelled): true
        case .busy, .away, .serverError, .otherModel, .failed: false
        }
    }
}
