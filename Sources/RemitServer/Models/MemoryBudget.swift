import Foundation
import Synchronization

/// How much memory the models may take together. Whoever loads one reserves first; a reservation ends with its last
/// reference, so that a teacher that was dropped counts for as long as a request still uses it.
final class MemoryBudget: Sendable {
    struct Exceeded: Error, Equatable, CustomStringConvertible {
        let needed: Int
        let inUse: Int
        let limit: Int

        var description: String {
            "\(needed) bytes more are needed, \(inUse) are in use or promised, --max-memory is \(limit); give it more, or lower "
                + "--max-batch-tokens"
        }
    }

    let limit: Int
    private let used = Mutex(0)

    /// - Parameter limit: in bytes.
    init(limit: Int) { self.limit = limit }

    var inUse: Int { used.withLock { $0 } }

    func reserve(_ bytes: Int) throws(Exceeded) -> MemoryReservation {
        try hold(bytes)
        return MemoryReservation(bytes, of: self)
    }

    /// Counts what is in use for as long as the program runs.
    func hold(_ bytes: Int) throws(Exceeded) {
        try used.withLock { used throws(Exceeded) in
            guard used + bytes <= limit else { throw Exceeded(needed: bytes, inUse: used, limit: limit) }
            used += bytes
        }
    }

    fileprivate func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }
}

final class MemoryReservation: Sendable {
    private let bytes: Int
    private let budget: MemoryBudget

    fileprivate init(_ bytes: Int, of budget: MemoryBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    deinit { budget.giveBack(bytes) }
}

/// The memory that this process may have: the machine's, or its control group's where that is less.
enum MachineMemory {
    static func bytes() -> Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap { path in
            (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
                Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return ([machine] + limits.filter { $0 > 0 }).min() ?? machine
    }
}
