import Foundation
import Synchronization
import System

/// The open connections: counted against the limit, waited for by a drain, cut off by a stop.
///
/// `@unchecked Sendable`: `descriptors` and `isListening` are touched only while `condition` is locked.
final class ConnectionRegistry: @unchecked Sendable {
    private let limit: Int
    private let condition = NSCondition()
    private var descriptors: Set<Int32> = []
    private var isListening = false
    private let draining = Atomic<Bool>(false)

    init(limit: Int) { self.limit = limit }

    var count: Int { condition.withLock { descriptors.count } }

    /// Whether responses should say that the connection closes.
    var isDraining: Bool {
        get { draining.load(ordering: .acquiring) }
        set { draining.store(newValue, ordering: .releasing) }
    }

    /// Whether the listener may still add connections.
    func setListening(_ value: Bool) {
        condition.withLock {
            isListening = value
            condition.broadcast()
        }
    }

    /// False where the limit is reached.
    func add(_ descriptor: Int32) -> Bool {
        condition.withLock { descriptors.count < limit && descriptors.insert(descriptor).inserted }
    }

    /// To be called before the descriptor is closed: its number may come back at once.
    func remove(_ descriptor: Int32) {
        condition.withLock {
            descriptors.remove(descriptor)
            if descriptors.isEmpty { condition.broadcast() }
        }
    }

    /// Ends all reading and writing; each connection's thread then finds out and closes.
    func cutAll() {
        condition.withLock {
            for descriptor in descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Waits until the listener has ended and the last connection is gone; false at the deadline.
    func waitUntilOver(_ deadline: Deadline) -> Bool {
        let date = Date(timeIntervalSinceNow: Double(deadline.millisecondsLeft) / 1000)
        return condition.withLock {
            while isListening || !descriptors.isEmpty {
                if !condition.wait(until: date) { return !isListening && descriptors.isEmpty }
            }
            return true
        }
    }
}
