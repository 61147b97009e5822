import System

/// Whether the servers are away, and how long a call may try therefore. While they are, each call asks once and waits for nothing: the
/// run goes on without them, and finds them as soon as they are back.
final class OutageWatch: Sendable {
    private let policy: OutagePolicy
    private let limit: Duration
    private let isOut = Locked(false)

    /// - Parameter limit: how long no server answers until it is an outage.
    init(_ policy: OutagePolicy, after limit: Duration) {
        self.policy = policy
        self.limit = limit
    }

    /// nil: for ever.
    var patience: Duration? {
        guard policy != .wait else { return nil }
        return isOut.withLock { $0 } ? .zero : limit
    }

    /// Returns whether it is news.
    func begin() -> Bool { change(to: true) }
    func end() -> Bool { change(to: false) }

    private func change(to value: Bool) -> Bool {
        isOut.withLock { isOut in
            defer { isOut = value }
            return isOut != value
        }
    }
}
