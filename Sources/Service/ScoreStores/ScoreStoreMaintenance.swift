import Digests
import Foundation
import GRDB
import Sequences

/// What an operator does to a store, whether servers use it at the moment or not.
package struct ScoreStoreMaintenance: Sendable {
    let database: StoreDatabase

    /// Throws where there is no store in the directory, or not one of ours.
    package init(directory: String) throws {
        // The size limit is the servers' own; nothing here uses it.
        var configuration = ScoreStoreConfiguration(directory: directory, maxBytes: .max)
        configuration.readerCount = 1
        configuration.busyTimeout = .seconds(30)
        database = try StoreDatabase(configuration, creating: false)
    }

    package func close() { database.close() }
}

// MARK: stats

package struct ScoreStoreStatistics: Sendable, Equatable {
    package struct Fingerprint: Sendable, Equatable {
        package var scoresFingerprint: SHA256Digest
        package var segments: Int
        package var tokens: Int
        /// Seconds since 1970.
        package var oldestUse: Int64
        package var newestUse: Int64
    }

    package var byFingerprint: [Fingerprint]
    /// Of the database file.
    package var fileBytes: Int
    /// Of its pages that hold something; what eviction goes by.
    package var liveBytes: Int
    /// Of the write-ahead log, now.
    package var logBytes: Int

    package var segments: Int { byFingerprint.reduce(0) { $0 + $1.segments } }
    package var tokens: Int { byFingerprint.reduce(0) { $0 + $1.tokens } }
}

extension ScoreStoreMaintenance {
    /// Reads the catalogue, not the values.
    package func statistics() throws -> ScoreStoreStatistics {
        try database.pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT scores_fingerprint, count(*), sum(tokens), min(used), max(used)
                    FROM segments JOIN fingerprints ON fingerprints.id = fingerprint GROUP BY fingerprint
                    """)
            let byFingerprint = rows.compactMap { row -> ScoreStoreStatistics.Fingerprint? in
                guard let fingerprint = row.bytes(0).flatMap(Self.digest), let tokens = row.integer(2),
                    let oldest = row.integer(3), let newest = row.integer(4)
                else { return nil }
                return ScoreStoreStatistics.Fingerprint(
                    scoresFingerprint: fingerprint, segments: Int(row.integer(1) ?? 0), tokens: Int(tokens),
                    oldestUse: oldest, newestUse: newest)
            }
            return ScoreStoreStatistics(
                byFingerprint: byFingerprint.sorted { $0.scoresFingerprint < $1.scoresFingerprint },
                fileBytes: try StoreDatabase.pragma("page_count", db) * StoreDatabase.pragma("page_size", db),
                liveBytes: try StoreDatabase.liveBytes(db), logBytes: Self.fileBytes(database.path + "-wal"))
        }
    }

    private static func fileBytes(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    static func digest(_ data: Data) -> SHA256Digest? {
        data.count == SHA256Digest.byteCount ? SHA256Digest(bytes: Array(data)) : nil
    }
}
