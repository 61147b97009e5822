import Foundation
import Synchronization

/// A flag that ends the waits and transfers of the calls it was given to, within about `reaction`. Once set it stays set.
package final class CancellationFlag: Sendable {
    /// Time between two looks at the flag, during waits and transfers.
    static let reaction = Duration.milliseconds(50)

    private let flag = Atomic<Bool>(false)

    private let parent: CancellationFlag?

    /// A flag that only `cancel` sets.
    package convenience init() { self.init(parent: nil) }

    /// A flag that is set with its parent, or alone; the parent does not follow.
    init(parent: CancellationFlag?) { self.parent = parent }

    /// Whether the flag, or one it follows, has been set.
    package var isCancelled: Bool { flag.load(ordering: .relaxed) || parent?.isCancelled == true }

    /// Ends the calls that hold the flag: each throws `ScoringClientError.cancelled`. Any thread may call it, more than once.
    package func cancel() { flag.store(true, ordering: .relaxed) }
}

extension CancellationFlag? {
    func check() throws(ScoringClientError) {
        if self?.isCancelled == true { throw .cancelled }
    }

    func sleep(until instant: ContinuousClock.Instant) throws(ScoringClientError) {
        while true {
            try check()
            let left = min(instant - .now, CancellationFlag.reaction)
            if left <= .zero { return }
            usleep(UInt32(left.milliseconds) * 1000 + 1000)
        }
    }
}

extension Duration {
    /// Rounded down; at most what fits 32 bits.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return seconds > 2_000_000 ? 2_000_000_000 : Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
