import ScoreStores
import System
import TestSupport

extension ScoreStoreConfiguration {
    static func small(_ directory: String, maxBytes: Int = 1 << 30) -> Self {
        var configuration = Self(directory: directory, maxBytes: maxBytes)
        configuration.retryInterval = .milliseconds(50)
        return configuration
    }
}

/// What a store reported.
final class EventLog: Sendable {
    private let events = Locked<[ScoreStoreEvent]>([])
    var all: [ScoreStoreEvent] { events.withLock { $0 } }
    func record(_ event: ScoreStoreEvent) { events.withLock { $0.append(event) } }
}

/// A clock that a test sets.
final class TestClock: Sendable {
    private let seconds = Locked<Int64>(1_000_000)
    var now: Int64 { seconds.withLock { $0 } }
    func advance(by step: Int64) { seconds.withLock { $0 += step } }
}

/// A store in a directory of its own, on a thread of its own.
func withStore(
    maxBytes: Int = 1 << 30, clock: TestClock = TestClock(),
    _ body: @escaping @Sendable (ScoreStore, _ context: (directory: String, events: EventLog)) throws -> Void
) async throws {
    try await onThread {
        let directory = try TemporaryDirectory()
        let events = EventLog()
        let store = try ScoreStore(
            .small(directory.path, maxBytes: maxBytes), now: { clock.now }, onEvent: { events.record($0) })
        defer {
            store.close()
            withExtendedLifetime(directory) {}
        }
        try body(store, (directory.path, events))
    }
}
