import Synchronization

/// Says that the run should save and stop. Set by a signal thread, read between steps and wherever the run waits.
package final class StopSignal: Sendable {
    private let requested = Atomic<Bool>(false)

    package init() {}

    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    package func request() { requested.store(true, ordering: .releasing) }

    package func throwIfRequested() throws {
        if isRequested { throw AnnealingError.interrupted }
    }
}
