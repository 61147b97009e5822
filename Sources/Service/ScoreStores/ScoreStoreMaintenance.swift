import Digests
import Foundation
import GRDB
import Sequences

/// What an operator does to a store, whether servers use it at the moment or not.
package struct ScoreStoreMaintenance: Sendable {
    let database: StoreDatabase

    /// Opens the store in `directory`.
    ///
    /// - Parameter readOnly: whether no byte of the store is changed, so that it may lie where this user, or anybody, cannot write;
    ///   what removes something then throws.
    /// - Throws: `ScoreStoreError` where there is no store, or not one of ours.
    package init(directory: String, readOnly: Bool = false) throws {
        // The size limit is the servers' own; nothing here uses it.
        var configuration = ScoreStoreConfiguration(directory: directory, maxBytes: .max)
        configuration.readerCount = 1
        configuration.busyTimeout = .seconds(30)
        database = try StoreDatabase(configuration, for: readOnly ? .read : .change)
    }

    /// Empties the write-ahead log, where the store was not opened for reading alone, and closes the connections.
    package func close() { database.close() }
}

// MARK: stats

/// What is in a store, whichever process put it there.
package struct ScoreStoreStatistics: Sendable, Equatable {
    /// The share of one scores fingerprint: a model on one kernel path in one precision.
    package struct Fingerprint: Sendable, Equatable {
        /// Which model's log-probs these are, and how they were computed.
        package var scoresFingerprint: SHA256Digest
        /// Segments stored under the fingerprint.
        package var segments: Int
        /// Tokens of these segments.
        package var tokens: Int
        /// The oldest stamp of use, in seconds since 1970. A stamp may lag by `ScoreStoreConfiguration.stampInterval`.
        package var oldestUse: Int64
        /// The newest stamp of use, in seconds since 1970.
        package var newestUse: Int64
    }

    /// One entry a fingerprint, ordered by it; fingerprints of which nothing is left are not in it.
    package var byFingerprint: [Fingerprint]
    /// Bytes of the database file.
    package var fileBytes: Int
    /// Bytes of its pages that hold something; what eviction goes by.
    package var liveBytes: Int
    /// Bytes of the write-ahead log, now.
    package var logBytes: Int

    /// Segments of all fingerprints.
    package var segments: Int { byFingerprint.reduce(0) { $0 + $1.segments } }
    /// Tokens of all fingerprints.
    package var tokens: Int { byFingerprint.reduce(0) { $0 + $1.tokens } }
}

extension ScoreStoreMaintenance {
    /// Counts what the store holds by fingerprint. Reads the catalogue, not the values.
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
