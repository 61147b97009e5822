import Foundation
import Synchronization

/// Ends the waits and transfers of the calls that were given it, within about `reaction`. Once set it stays set.
package final class CancellationFlag: Sendable {
    static let reaction = Duration.milliseconds(50)

    private let flag = Atomic<Bool>(false)

    private let parent: CancellationFlag?

    package convenience init() { self.init(parent: nil) }

    /// Set with its parent, or alone.
    init(parent: CancellationFlag?) { self.parent = parent }

    package var isCancelled: Bool { flag.load(ordering: .relaxed) || parent?.isCancelled == true }

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
