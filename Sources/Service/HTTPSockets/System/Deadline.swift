/// A moment on the monotonic clock, for poll(2).
struct Deadline {
    let instant: ContinuousClock.Instant

    init(_ instant: ContinuousClock.Instant) { self.instant = instant }
    init(after duration: Duration) { instant = .now + duration }

    var hasPassed: Bool { ContinuousClock.now >= instant }

    /// Rounded up, so that poll never wakes early again and again; at most an hour (callers ask again).
    var millisecondsLeft: Int32 {
        let left = (instant - .now).components
        if left.seconds >= 3600 { return 3_600_000 }
        let milliseconds = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(max(0, milliseconds))
    }
}

/// A deadline that grows with the bytes moved: who keeps up the least rate is never cut off, who drips is.
struct TransferDeadline {
    private let start = ContinuousClock.now
    private let timeout: Duration
    private let minBytesPerSecond: Int

    init(timeout: Duration, minBytesPerSecond: Int) {
        self.timeout = timeout
        self.minBytesPerSecond = minBytesPerSecond
    }

    func after(_ bytes: Int) -> Deadline {
        Deadline(start + timeout + .microseconds(bytes * 1_000_000 / minBytesPerSecond))
    }
}
