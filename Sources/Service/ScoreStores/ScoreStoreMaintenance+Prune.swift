import Digests
import Foundation
import GRDB

/// What to remove; each that is given is done, in this order.
package struct ScoreStorePruning: Sendable, Equatable {
    /// Everything of these models.
    package var scoresFingerprints: [SHA256Digest] = []
    /// Everything last used before this: seconds since 1970.
    package var unusedSince: Int64?
    /// The least recently used, until the live bytes are down to this.
    package var maxBytes: Int?

    package init() {}
}

extension ScoreStoreMaintenance {
    private static let rowsAtOnce = 512
    private static let vacuumedPagesAtOnce = 2048

    /// Removes in short transactions, then gives the free room back to the file system.
    package func prune(_ pruning: ScoreStorePruning) throws -> StoreRemoval {
        var total = StoreRemoval()
        func remove(_ condition: String, _ arguments: StatementArguments, downTo goal: Int = 0) throws {
            let removal = try database.remove(
                "SELECT fingerprint, digest, id FROM segments \(condition) LIMIT \(Self.rowsAtOnce)", arguments,
                downTo: goal, from: goal)
            total.segments += removal.segments
            total.bytes += removal.bytes
        }
        for fingerprint in pruning.scoresFingerprints {
            guard let id = try database.pool.read({ try StoreDatabase.fingerprintID(fingerprint, $0) }) else {
                continue
            }
            try remove("WHERE fingerprint = ?", [id])
        }
        if let unusedSince = pruning.unusedSince { try remove("WHERE used < ? ORDER BY used", [unusedSince]) }
        if let maxBytes = pruning.maxBytes { try remove("ORDER BY used", [], downTo: maxBytes) }
        try giveBackFreePages()
        return total
    }

    private func giveBackFreePages() throws {
        while try database.pool.read({ try StoreDatabase.pragma("freelist_count", $0) }) > 0 {
            try database.pool.write { db in
                try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.vacuumedPagesAtOnce))")
            }
        }
        database.pool.writeWithoutTransaction { _ = try? $0.checkpoint(.truncate) }
    }
}
