import Digests
import Foundation
import GRDB

/// What `prune` is to remove; each that is given is done, in this order.
package struct ScoreStorePruning: Sendable, Equatable {
    /// Scores fingerprints of which everything is removed.
    package var scoresFingerprints: [SHA256Digest] = []
    /// A moment in seconds since 1970: what was last used before it is removed.
    package var unusedSince: Int64?
    /// Live bytes down to which the least recently used segments are removed.
    package var maxBytes: Int?

    /// Removes nothing until something is set.
    package init() {}
}

extension ScoreStoreMaintenance {
    private static let rowsAtOnce = 512

    /// Removes what `pruning` says in short transactions, then gives the free room back to the file system.
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
        try database.giveBackFreePages(untilBytes: 0)
        database.pool.writeWithoutTransaction { _ = try? $0.checkpoint(.truncate) }
        return total
    }
}
