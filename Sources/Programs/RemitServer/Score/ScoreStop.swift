import Synchronization

/// Set by the signal thread, read between batches.
final class ScoreStop: Sendable {
    private let requested = Atomic<Bool>(false)

    func request() { requested.store(true, ordering: .releasing) }

    func throwIfRequested() throws {
        if requested.load(ordering: .acquiring) { throw ScoreStopped() }
    }
}

/// A scoring that a signal ended; what was done is saved.
struct ScoreStopped: Error {}
