import Synchronization

/// Says that the flywheel should stop: asked by a signal, or by a base that failed. Shared by all threads.
package final class FlywheelStop: Sendable {
    private let requested = Atomic<Bool>(false)

    package init() {}

    /// Whether anybody has asked for a stop.
    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Asks for a stop. It cannot be taken back.
    package func request() { requested.store(true, ordering: .releasing) }
}
