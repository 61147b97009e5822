import Foundation
import System

extension StopFlag {
    /// Time between two looks at the flag, during waits and transfers.
    static let reaction = Duration.milliseconds(50)
}

extension StopFlag? {
    func check() throws(CallError) {
        if self?.isRequested == true { throw .cancelled }
    }

    func sleep(until instant: ContinuousClock.Instant) throws(CallError) {
        while true {
            try check()
            let left = min(instant - .now, StopFlag.reaction)
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
