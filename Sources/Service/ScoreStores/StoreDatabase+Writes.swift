import Digests
import Foundation
import GRDB
import Sequences

/// What one transaction of the writer is asked to do.
struct StoreBatch: Sendable {
    /// Rows whose checksum was wrong, by their key and id (a row stored anew under the key has another id, or is lost: no harm).
    var removals: [(key: SegmentKey, id: Int64)] = []
    var segments: [StoredSegment] = []
    /// Keys that were read and whose stamp is old.
    var used: Set<SegmentKey> = []

    var isEmpty: Bool { removals.isEmpty && segments.isEmpty && used.isEmpty }
}

struct StoreBatchOutcome: Sendable {
    var writtenSegments = 0
    var writtenTokens = 0
    var alreadyStored = 0
}

extension StoreDatabase {
    /// All of it or nothing, in one transaction.
    func write(_ batch: StoreBatch, now: Int64) throws -> StoreBatchOutcome {
        try pool.write { db in
            var outcome = StoreBatchOutcome()
            try Self.removeDamaged(batch.removals, db)
            for segment in batch.segments {
                if try Self.insert(segment, now: now, db) {
                    outcome.writtenSegments += 1
                    outcome.writtenTokens += segment.logProbs.count
                } else {
                    outcome.alreadyStored += 1
                }
            }
            for key in batch.used { try Self.stamp(key, now: now, db) }
            return outcome
        }
    }

    /// False where the key is stored already, its value with it: a frozen teacher's log-probs do not change. A row without a value is
    /// replaced.
    private static func insert(_ segment: StoredSegment, now: Int64, _ db: Database) throws -> Bool {
        let fingerprint = try makeFingerprintID(segment.key.scoresFingerprint, db)
        let digest = Data(segment.key.segment.bytes)
        let known = try db.cachedStatement(
            sql: "SELECT 1 FROM segments JOIN log_probs USING (id) WHERE fingerprint = ? AND digest = ?")
        guard try Int.fetchOne(known, arguments: [fingerprint, digest]) == nil else { return false }
        let value = segment.logProbs.withUnsafeBytes { Data($0) }
        let checksum = value.withUnsafeBytes { ScoreChecksum.of($0, key: segment.key) }
        try db.cachedStatement(sql: "INSERT INTO log_probs (checksum, log_probs) VALUES (?, ?)")
            .execute(arguments: [checksum, value])
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO segments (fingerprint, digest, id, used, tokens) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [fingerprint, digest, db.lastInsertedRowID, now, segment.logProbs.count])
        return true
    }

    private static func makeFingerprintID(_ fingerprint: SHA256Digest, _ db: Database) throws -> Int64 {
        if let known = try fingerprintID(fingerprint, db) { return known }
        try db.cachedStatement(sql: "INSERT INTO fingerprints (scores_fingerprint) VALUES (?)")
            .execute(arguments: [Data(fingerprint.bytes)])
        return db.lastInsertedRowID
    }

    private static func stamp(_ key: SegmentKey, now: Int64, _ db: Database) throws {
        guard let fingerprint = try fingerprintID(key.scoresFingerprint, db) else { return }
        try db.cachedStatement(sql: "UPDATE segments SET used = ? WHERE fingerprint = ? AND digest = ? AND used < ?")
            .execute(arguments: [now, fingerprint, Data(key.segment.bytes), now])
    }

    private static let removedAtOnce = 512

    /// Removes rows that were found damaged, and their values but for those that other rows name: a damaged row may name a sound one's.
    ///
    /// Complexity: a look at the whole catalogue for every 512 rows, which has no index of its ids: damage is rare.
    private static func removeDamaged(_ rows: [(key: SegmentKey, id: Int64)], _ db: Database) throws {
        var rest = try rows.filter { try removeRow($0.key, id: $0.id, db) }.map(\.id)[...]
        while !rest.isEmpty {
            let ids = Set(rest.prefix(removedAtOnce))
            rest = rest.dropFirst(removedAtOnce)
            let marks = ids.map { _ in "?" }.joined(separator: ",")
            let named = try Int64.fetchSet(
                db, sql: "SELECT id FROM segments WHERE id IN (\(marks))", arguments: StatementArguments(ids))
            for id in ids.subtracting(named) { try removeValue(id, db) }
        }
    }

    private static func removeRow(_ key: SegmentKey, id: Int64, _ db: Database) throws -> Bool {
        guard let fingerprint = try fingerprintID(key.scoresFingerprint, db) else { return false }
        return try removeRow(fingerprint: fingerprint, digest: Data(key.segment.bytes), id: id, db)
    }

    /// Whether there was such a row.
    private static func removeRow(fingerprint: Int64, digest: Data, id: Int64, _ db: Database) throws -> Bool {
        try db.cachedStatement(sql: "DELETE FROM segments WHERE fingerprint = ? AND digest = ? AND id = ?")
            .execute(arguments: [fingerprint, digest, id])
        return db.changesCount > 0
    }

    private static func removeValue(_ id: Int64, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM log_probs WHERE id = ?").execute(arguments: [id])
    }

    /// Removes a row and the value that it names. Whether there was such a row. One that is damaged may take another's value along, which is
    /// then found missing: looking for that at each row would make eviction quadratic.
    static func remove(fingerprint: Int64, digest: Data, id: Int64, _ db: Database) throws -> Bool {
        guard try removeRow(fingerprint: fingerprint, digest: digest, id: id, db) else { return false }
        try removeValue(id, db)
        return true
    }
}
