import System

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
