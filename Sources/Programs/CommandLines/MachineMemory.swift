import Foundation
import System

/// The memory that this process may have: the machine's, or its control groups' where that is less.
package enum MachineMemory {
    /// The least of the machine's memory and the limits of the control groups that the process is in, versions 1 and 2, in bytes. A group
    /// without a limit, or whose file cannot be read, does not count.
    ///
    /// - Parameters:
    ///   - machine: bytes that the machine has.
    ///   - groups: whose limits hold; the least of them counts.
    package static func bytes(
        machine: Int = Int(clamping: ProcessInfo.processInfo.physicalMemory), groups: ControlGroups = ControlGroups()
    ) -> Int {
        let limits = groups.directories(of: "memory").flatMap { group in
            ["memory.max", "memory.limit_in_bytes"].compactMap { groups.numbers(group, $0)?.first }
        }
        return limits.filter { $0 > 0 }.reduce(machine) { $1 < Double($0) ? Int($1) : $0 }
    }

    /// Bytes that stay beside so many that are held all the time; 0 where there are no more.
    package static func bytes(beside heldBytes: Int) -> Int { max(0, bytes() - heldBytes) }
}
