import Synchronization

/// A flag that asks whoever was given it to stop: read between pieces of work, and wherever one waits. Once set it stays set.
package final class StopFlag: Sendable {
    private let requested = Atomic<Bool>(false)
    private let parent: StopFlag?

    /// - Parameter parent: a flag that this one follows: it is set with its parent, or alone. The parent does not follow.
    package init(parent: StopFlag? = nil) { self.parent = parent }

    /// Whether the flag, or one that it follows, has been set.
    package var isRequested: Bool { requested.load(ordering: .acquiring) || parent?.isRequested == true }

    /// Asks to stop. Any thread may, a signal's among them, and more than once.
    package func request() { requested.store(true, ordering: .releasing) }
}
