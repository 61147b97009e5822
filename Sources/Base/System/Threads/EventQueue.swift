import Dispatch

/// What many threads tell one, in the order in which they told it.
package final class EventQueue<Event: Sendable>: Sendable {
    private let events = Locked<[Event]>([])
    private let count = DispatchSemaphore(value: 0)

    package init() {}

    /// Adds an event. Never waits.
    package func send(_ event: Event) {
        events.withLock { $0.append(event) }
        count.signal()
    }

    /// Waits for an event and takes it out. For one thread.
    package func next() -> Event {
        count.wait()
        return events.withLock { $0.removeFirst() }
    }
}
