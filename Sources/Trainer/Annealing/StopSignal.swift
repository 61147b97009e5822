import Synchronization

/// Says that the run should save and stop. Set by a signal thread, read between steps and wherever the run waits.
package final class StopSignal: Sendable {
    private let requested = Atomic<Bool>(false)

    package init() {}

    /// Whether a stop was requested. Once true it stays true.
    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Asks the run to stop. From any thread, any number of times.
    package func request() { requested.store(true, ordering: .releasing) }

    /// Throws `AnnealingError.interrupted` once a stop was requested.
    package func throwIfRequested() throws {
        if isRequested { throw AnnealingError.interrupted }
    }
}
