import Foundation
import Locks

/// How much memory the models may take together. Whoever loads one reserves first; a reservation ends with its last
/// reference, so that a teacher that was dropped counts for as long as a request still uses it.
package final class MemoryBudget: Sendable {
    package struct Exceeded: Error, Equatable, CustomStringConvertible {
        package let needed: Int
        package let inUse: Int
        package let limit: Int

        package init(needed: Int, inUse: Int, limit: Int) {
            self.needed = needed
            self.inUse = inUse
            self.limit = limit
        }

        package var description: String {
            "\(needed) bytes more are needed, \(inUse) are in use or promised, --max-memory is \(limit); give it more, or lower "
                + "--max-batch-tokens"
        }
    }

    package let limit: Int
    private let used = Locked(0)

    /// - Parameter limit: in bytes.
    package init(limit: Int) { self.limit = limit }

    package var inUse: Int { used.withLock { $0 } }

    package func reserve(_ bytes: Int) throws(Exceeded) -> MemoryReservation {
        try hold(bytes)
        return MemoryReservation(bytes, of: self)
    }

    /// Counts what is in use for as long as the program runs.
    package func hold(_ bytes: Int) throws(Exceeded) {
        try used.withLock { used throws(Exceeded) in
            guard bytes <= limit - used else { throw Exceeded(needed: bytes, inUse: used, limit: limit) }
            used += bytes
        }
    }

    fileprivate func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }
}

package final class MemoryReservation: Sendable {
    private let bytes: Int
    private let budget: MemoryBudget

    fileprivate init(_ bytes: Int, of budget: MemoryBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    deinit { budget.giveBack(bytes) }
}

/// The memory that this process may have: the machine's, or its control group's where that is less.
package enum MachineMemory {
    package static func bytes() -> Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap { path in
            (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
                Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return ([machine] + limits.filter { $0 > 0 }).min() ?? machine
    }
}
