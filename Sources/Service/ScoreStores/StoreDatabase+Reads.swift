import Digests
import Foundation
import GRDB
import Sequences

/// What a read found under one key.
enum StoredValue: Sendable {
    case missing
    case found([Float], used: Int64)
    /// The row is there, and its value is not, or its checksum is wrong; no id where even that cannot be read.
    case corrupt(id: Int64?)
}

extension StoreDatabase {
    /// One entry a key, all of one moment. Two index look-ups a key, no write.
    func values(of keys: [SegmentKey]) throws -> [StoredValue] {
        try pool.read { db in
            var fingerprints: [SHA256Digest: Int64?] = [:]
            let statement = try db.cachedStatement(
                sql: """
                    SELECT segments.id, used, checksum, log_probs FROM segments LEFT JOIN log_probs USING (id)
                    WHERE fingerprint = ? AND digest = ?
                    """)
            return try keys.map { key in
                let known = try fingerprints[key.scoresFingerprint] ?? Self.fingerprintID(key.scoresFingerprint, db)
                fingerprints[key.scoresFingerprint] = known
                guard let fingerprint = known else { return .missing }
                // The row is a window on the cursor's statement: it lives as long as the cursor.
                let rows = try Row.fetchCursor(statement, arguments: [fingerprint, Data(key.segment.bytes)])
                defer { withExtendedLifetime(rows) {} }
                guard let row = try rows.next() else { return .missing }
                return try Self.value(row, key: key)
            }
        }
    }

    private static func value(_ row: Row, key: SegmentKey) throws -> StoredValue {
        let logProbs = try row.withUnsafeData(atIndex: 2) { checksum in
            try row.withUnsafeData(atIndex: 3) { ScoreChecksum.logProbs($0, checksum: checksum, key: key) }
        }
        guard let logProbs, let used = row.integer(1) else { return .corrupt(id: row.integer(0)) }
        return .found(logProbs, used: used)
    }

    static func fingerprintID(_ fingerprint: SHA256Digest, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT id FROM fingerprints WHERE scores_fingerprint = ?")
        return try Int64.fetchOne(statement, arguments: [Data(fingerprint.bytes)])
    }
}
