/// How many requests one URL has at a time: more while answers come, half where it says that it has too many (additive increase,
/// multiplicative decrease, as TCP does; Chiu and Jain 1989). Pure.
struct FlowWindow {
    /// Where it begins: enough to find out, little to be refused.
    private static let first = 16.0

    private let largest: Double
    private var size: Double
    /// Up to here it doubles in each round; from here it grows by one.
    private var threshold: Double
    /// Requests that began before are of a window that has been halved already.
    private var halvedAt: ContinuousClock.Instant?

    init(largest: Int) {
        self.largest = Double(max(largest, 1))
        size = min(Self.first, self.largest)
        threshold = self.largest
    }

    /// Requests that may run. 1 or more.
    var requests: Int { Int(size) }

    /// Notes an answer; one that came while the window was not full says nothing of a larger one.
    mutating func answered(wasFull: Bool) {
        guard wasFull else { return }
        size = min(size + (size < threshold ? 1 : 1 / size), largest)
    }

    /// Notes a refusal of a request that began at `began`. All that were under way together halve it once.
    mutating func refused(began: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        if let halvedAt, began < halvedAt { return }
        size = max(size / 2, 1)
        threshold = size
        halvedAt = now
    }
}
