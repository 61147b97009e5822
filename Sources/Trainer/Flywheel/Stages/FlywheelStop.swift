import Synchronization

/// Says that the flywheel should stop: asked by a signal, or by a base that failed.
package final class FlywheelStop: Sendable {
    private let requested = Atomic<Bool>(false)

    package init() {}

    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    package func request() { requested.store(true, ordering: .releasing) }
}
