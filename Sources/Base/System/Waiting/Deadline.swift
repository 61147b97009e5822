/// A moment on the monotonic clock, for poll(2).
package struct Deadline: Sendable {
    /// The moment itself.
    package let instant: ContinuousClock.Instant

    package init(_ instant: ContinuousClock.Instant) { self.instant = instant }
    package init(after duration: Duration) { instant = .now + duration }

    /// Whether it is now, or was.
    package var hasPassed: Bool { ContinuousClock.now >= instant }

    /// Rounded up, so that poll never wakes early again and again; at most an hour (callers ask again).
    package var millisecondsLeft: Int32 {
        let left = (instant - .now).components
        if left.seconds >= 3600 { return 3_600_000 }
        let milliseconds = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(max(0, milliseconds))
    }
}
