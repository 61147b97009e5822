import System

/// Whether the servers are away, and how long a call may try therefore. While they are, each call asks once and waits for nothing: the
/// run goes on without them, and finds them as soon as they are back.
package final class OutageWatch: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private struct State {
        var isOut = false
        /// The start, before there is an answer.
        var lastAnswer: Instant
    }

    private let policy: OutagePolicy
    private let limit: Duration
    private let state: Locked<State>

    /// - Parameters:
    ///   - limit: how long no server answers until it is an outage.
    ///   - start: when servers were first asked.
    package init(_ policy: OutagePolicy, after limit: Duration, since start: Instant) {
        self.policy = policy
        self.limit = limit
        state = Locked(State(lastAnswer: start))
    }

    /// How long a call goes on without an answer; nil: for ever.
    package var patience: Duration? {
        guard policy != .wait else { return nil }
        return state.withLock { $0.isOut } ? .zero : limit
    }

    /// Notes that no server has answered.
    ///
    /// - Returns: how long none has, and whether the outage is news.
    package func noAnswer(at now: Instant) -> (silence: Duration, isNew: Bool) {
        state.withLock { state in
            defer { state.isOut = true }
            return (now - state.lastAnswer, !state.isOut)
        }
    }

    /// Notes an answer.
    ///
    /// - Returns: whether it ends an outage.
    package func answer(at now: Instant) -> Bool {
        state.withLock { state in
            defer { state = State(lastAnswer: now) }
            return state.isOut
        }
    }
}
