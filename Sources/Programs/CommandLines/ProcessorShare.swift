import Foundation
import System

/// The processors that this process may keep busy: the machine's, or as many as its control groups' CPU quotas are worth where that is less.
package enum ProcessorShare {
    /// Threads for work that computes: at least 1. A quota of a part of a processor counts as a whole one.
    ///
    /// - Parameters:
    ///   - processors: of the machine.
    ///   - groups: whose quotas hold; the least of them counts.
    package static func threads(
        processors: Int = ProcessInfo.processInfo.activeProcessorCount, groups: ControlGroups = ControlGroups()
    ) -> Int {
        let quotas = groups.directories(of: "cpu").compactMap { quota($0, groups) }
        // A quota beyond the machine's processors is none; one beyond all integers is neither.
        return max(1, quotas.reduce(processors) { $1 < Double($0) ? Int($1.rounded(.up)) : $0 })
    }

    /// Processors' worth; nil without a quota.
    private static func quota(_ group: String, _ groups: ControlGroups) -> Double? {
        // Version 2: `QUOTA PERIOD`, the first `max` for none. Version 1: a file each, -1 for none.
        if let both = groups.numbers(group, "cpu.max"), both.count == 2, both[0] > 0, both[1] > 0 {
            return both[0] / both[1]
        }
        guard let quota = groups.numbers(group, "cpu.cfs_quota_us")?.first, quota > 0,
            let period = groups.numbers(group, "cpu.cfs_period_us")?.first, period > 0
        else { return nil }
        return quota / period
    }
}
