import System

/// How much memory the models may take together. Whoever loads one reserves first; a reservation ends with its last
/// reference, so that a teacher that was dropped counts for as long as a request still uses it.
package final class MemoryBudget: Sendable {
    /// Memory that was asked for and is not there. All in bytes.
    package struct Exceeded: Error, Equatable, CustomStringConvertible {
        /// Bytes that were asked for.
        package let needed: Int
        /// Bytes reserved or held by others at that moment.
        package let inUse: Int
        /// Bytes that all together may take.
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

    /// Bytes that all models together may take: `--max-memory`.
    package let limit: Int
    private let used = Locked(0)

    /// - Parameter limit: in bytes.
    package init(limit: Int) { self.limit = limit }

    /// Bytes that are reserved or held now.
    package var inUse: Int { used.withLock { $0 } }

    /// Sets bytes aside until the last reference to the reservation goes.
    ///
    /// - Throws: `Exceeded` where fewer bytes are left; nothing is set aside then.
    package func reserve(_ bytes: Int) throws(Exceeded) -> MemoryReservation {
        try hold(bytes)
        return MemoryReservation(bytes, of: self)
    }

    /// Sets bytes aside for as long as the program runs.
    ///
    /// - Throws: `Exceeded` where fewer bytes are left; nothing is set aside then.
    package func hold(_ bytes: Int) throws(Exceeded) {
        try used.withLock { used throws(Exceeded) in
            guard bytes <= limit - used else { throw Exceeded(needed: bytes, inUse: used, limit: limit) }
            used += bytes
        }
    }

    fileprivate func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }
}

/// Bytes of a `MemoryBudget` that are set aside. They are given back with the last reference.
package final class MemoryReservation: Sendable {
    private let bytes: Int
    private let budget: MemoryBudget

    fileprivate init(_ bytes: Int, of budget: MemoryBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    deinit { budget.giveBack(bytes) }
}
