import Foundation
import Synchronization
import System

/// The open connections: counted against the limit, waited for by a drain, cut off by a stop.
///
/// Where the limit is reached, who comes takes the place of one that asks for nothing: the one that has been silent the longest since it
/// came, then the one that has idled the longest between two requests. One with a request under way is never displaced.
///
/// `@unchecked Sendable`: `connections`, `leaving` and `isListening` are touched only while `condition` is locked.
final class ConnectionRegistry: @unchecked Sendable {
    /// What a connection does.
    enum Activity: Comparable {
        /// It has sent nothing yet.
        case silent
        /// It has been answered, and has sent nothing since.
        case idle
        /// A request is arriving or being answered.
        case busy
    }

    private struct Entry {
        var activity: Activity
        var since: ContinuousClock.Instant
    }

    private let limit: Int
    private let condition = NSCondition()
    private var connections: [Int32: Entry] = [:]
    /// Cut off to make room, not closed by their threads yet.
    private var leaving: Set<Int32> = []
    private var isListening = false
    private let draining = Atomic<Bool>(false)

    init(limit: Int) { self.limit = limit }

    var count: Int { condition.withLock { connections.count + leaving.count } }

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

    /// What became of a connection that asks to be counted.
    enum Admission: Equatable { case admitted, displaced(Activity), refused }

    func add(_ descriptor: Int32) -> Admission {
        condition.withLock {
            guard connections.count >= limit else { return insert(descriptor, .admitted) }
            // Threads that have not noticed yet are bounded too.
            guard leaving.count < limit,
                let (other, entry) = connections.min(by: { Self.goesBefore($0.value, $1.value) }),
                entry.activity != .busy
            else { return .refused }
            connections[other] = nil
            leaving.insert(other)
            _ = shutdown(other, Int32(SHUT_RDWR))
            return insert(descriptor, .displaced(entry.activity))
        }
    }

    private func insert(_ descriptor: Int32, _ admission: Admission) -> Admission {
        connections[descriptor] = Entry(activity: .silent, since: .now)
        return admission
    }

    private static func goesBefore(_ left: Entry, _ right: Entry) -> Bool {
        (left.activity, left.since) < (right.activity, right.since)
    }

    /// Notes what a connection does from now on. One that was displaced finds itself cut off.
    func note(_ descriptor: Int32, _ activity: Activity) {
        condition.withLock {
            guard let entry = connections[descriptor], entry.activity != activity else { return }
            connections[descriptor] = Entry(activity: activity, since: .now)
        }
    }

    /// To be called before the descriptor is closed: its number may come back at once.
    func remove(_ descriptor: Int32) {
        condition.withLock {
            connections[descriptor] = nil
            leaving.remove(descriptor)
            if connections.isEmpty, leaving.isEmpty { condition.broadcast() }
        }
    }

    /// Ends all reading and writing; each connection's thread then finds out and closes.
    func cutAll() {
        condition.withLock {
            for descriptor in connections.keys { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Waits until the listener has ended and the last connection is gone; false at the deadline.
    func waitUntilOver(_ deadline: Deadline) -> Bool {
        let date = Date(timeIntervalSinceNow: Double(deadline.millisecondsLeft) / 1000)
        return condition.withLock {
            var isOver: Bool { !isListening && connections.isEmpty && leaving.isEmpty }
            while !isOver {
                if !condition.wait(until: date) { return isOver }
            }
            return true
        }
    }
}
