import Sequences

/// What waits for, and runs on, one engine that takes segments one by one.
struct ConcurrentLane {
    typealias Instant = ContinuousClock.Instant

    let engine: any ConcurrentTeacherEngine
    var waiting = WaitingLanes()
    var turns = RequestTurns()
    /// Jobs that run.
    private(set) var running = 0
    /// Up to when the time in which something ran has been counted; nil while nothing runs.
    private var counted: Instant?

    init(_ engine: any ConcurrentTeacherEngine) { self.engine = engine }

    mutating func began(at now: Instant) {
        running += 1
        if counted == nil { counted = now }
    }

    /// Notes that a job is over; returns the time in which something ran that was not counted yet. Over all jobs these add up to wall
    /// time, however many ran at once.
    mutating func ended(at now: Instant) -> Duration {
        running -= 1
        let busy = now - (counted ?? now)
        counted = running > 0 ? now : nil
        return max(busy, .zero)
    }
}
