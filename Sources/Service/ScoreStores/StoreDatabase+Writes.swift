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
            for removal in batch.removals { _ = try Self.remove(removal.key, id: removal.id, db) }
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

    /// False where the key is stored already: a frozen teacher's log-probs do not change.
    private static func insert(_ segment: StoredSegment, now: Int64, _ db: Database) throws -> Bool {
        let fingerprint = try makeFingerprintID(segment.key.scoresFingerprint, db)
        let digest = Data(segment.key.segment.bytes)
        let known = try db.cachedStatement(sql: "SELECT 1 FROM segments WHERE fingerprint = ? AND digest = ?")
        guard try Int.fetchOne(known, arguments: [fingerprint, digest]) == nil else { return false }
        let value = segment.logProbs.withUnsafeBytes { Data($0) }
        let checksum = value.withUnsafeBytes { ScoreChecksum.of($0, key: segment.key) }
        try db.cachedStatement(sql: "INSERT INTO log_probs (checksum, log_probs) VALUES (?, ?)")
            .execute(arguments: [checksum, value])
        try db.cachedStatement(
            sql: "INSERT INTO segments (fingerprint, digest, id, used, tokens) VALUES (?, ?, ?, ?, ?)"
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

    /// Whether there was such a row.
    static func remove(_ key: SegmentKey, id: Int64, _ db: Database) throws -> Bool {
        guard let fingerprint = try fingerprintID(key.scoresFingerprint, db) else { return false }
        return try remove(fingerprint: fingerprint, digest: Data(key.segment.bytes), id: id, db)
    }

    static func remove(fingerprint: Int64, digest: Data, id: Int64, _ db: Database) throws -> Bool {
        try db.cachedStatement(sql: "DELETE FROM segments WHERE fingerprint = ? AND digest = ? AND id = ?")
            .execute(arguments: [fingerprint, digest, id])
        guard db.changesCount > 0 else { return false }
        try db.cachedStatement(sql: "DELETE FROM log_probs WHERE id = ?").execute(arguments: [id])
        return true
    }
}
