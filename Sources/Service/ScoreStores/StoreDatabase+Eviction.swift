import Foundation
import GRDB

/// What was removed from the store.
package struct StoreRemoval: Sendable, Equatable {
    /// Segments whose rows are gone.
    package var segments = 0
    /// Bytes of the pages that became free: whole pages, so that a small removal may show as 0.
    package var bytes = 0

    package init() {}
}

extension StoreDatabase {
    /// Rows a transaction: short, so that another process's writer is not kept waiting.
    private static let evictionRows = 512

    /// Two numbers in the file's head; no transaction that another process would have to wait for.
    func liveBytes() throws -> Int { try pool.writeWithoutTransaction(Self.liveBytes) }

    /// Brings the live bytes to nine tenths of `maxBytes` where they are beyond it; the least recently used leave first. Room that is
    /// free then is written over, but for what makes the file larger than it will be again: that goes back to the file system.
    func evict(maxBytes: Int, now: Int64) throws -> StoreRemoval {
        try mendStamps(now: now)
        guard try liveBytes() > maxBytes else { return StoreRemoval() }
        let removal = try remove(
            "SELECT fingerprint, digest, id FROM segments ORDER BY used LIMIT \(Self.evictionRows)", [],
            downTo: maxBytes / 10 * 9, from: maxBytes)
        // A limit that was lowered, most often.
        try giveBackFreePages(untilBytes: maxBytes / 4 * 5)
        return removal
    }

    /// Stamps of a clock that was ahead become `now`: else what they mark would be the last to leave, until that time has come.
    private func mendStamps(now: Int64) throws {
        guard let newest = try pool.read({ try Int64.fetchOne($0, sql: "SELECT max(used) FROM segments") }),
            newest > now
        else { return }
        var changed = 0
        repeat {
            changed = try pool.write { db in
                try db.execute(
                    sql: """
                        UPDATE segments SET used = ? WHERE (fingerprint, digest) IN
                        (SELECT fingerprint, digest FROM segments WHERE used > ? LIMIT \(Self.evictionRows))
                        """, arguments: [now, now])
                return db.changesCount
            }
        } while changed > 0
    }

    private static let vacuumedPagesAtOnce = 2048

    /// Gives free pages back to the file system, in short transactions, until the file is no larger than `goal` or none is free.
    func giveBackFreePages(untilBytes goal: Int) throws {
        while try pool.read({ db in
            try Self.pragma("freelist_count", db) > 0
                && Self.pragma("page_count", db) * Self.pragma("page_size", db) > goal
        }) {
            try pool.write { db in try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.vacuumedPagesAtOnce))") }
        }
    }

    /// Removes what `select` (fingerprint, digest, id) finds, in short transactions, until it finds nothing or, where `goal` is
    /// given, until the live bytes are down to it; nothing unless they are above `start`.
    func remove(
        _ select: String, _ arguments: StatementArguments, downTo goal: Int = 0, from start: Int = 0
    ) throws -> StoreRemoval {
        var removal = StoreRemoval()
        while true {
            let removed = try pool.write { db in
                let before = try Self.liveBytes(db)
                guard before > (removal.segments == 0 ? start : goal) else { return 0 }
                let rows = try Row.fetchAll(db.cachedStatement(sql: select), arguments: arguments)
                var count = 0
                for row in rows {
                    // Freed pages are counted now and then: that is a look at two numbers in the file's head.
                    if count % 32 == 31, goal > 0, try Self.liveBytes(db) <= goal { break }
                    guard let fingerprint = row.integer(0), let digest = row.bytes(1), let id = row.integer(2) else {
                        continue
                    }
                    if try Self.remove(fingerprint: fingerprint, digest: digest, id: id, db) { count += 1 }
                }
                removal.bytes += try before - Self.liveBytes(db)
                return count
            }
            removal.segments += removed
            if removed == 0 { return removal }
        }
    }
}
