import Digests
import Foundation
import GRDB
import Sequences

/// What `verify` found.
package struct ScoreStoreVerification: Sendable, Equatable {
    /// Rows of the catalogue that were looked at.
    package var segments = 0
    /// Tokens of the rows that name a model and a segment.
    package var tokens = 0
    /// Keys of values whose checksum is wrong, that are missing, or that no model can give. A server would have taken them for misses.
    package var corrupt: [SegmentKey] = []
    /// Values that no segment names: room lost, nothing else.
    package var orphans = 0
    /// What SQLite says of the file's structure; empty where it is sound.
    package var structure: [String] = []
    /// Values removed, corrupt and orphaned.
    package var removed = 0

    package init() {}

    /// Whether nothing is wrong with values or structure, whatever has been removed since.
    package var isSound: Bool { corrupt.isEmpty && orphans == 0 && structure.isEmpty }
}

extension ScoreStoreMaintenance {
    /// Rows a read transaction: short, so that the write-ahead log of a busy store does not grow.
    private static let verifiedRows = 1024
    private static let maxReportedProblems = 20

    private struct Page {
        var rows = 0
        var tokens = 0
        var corrupt: [(key: SegmentKey, id: Int64)] = []
        /// Rows that name no model or no segment.
        var unreadable = 0
        var last: (fingerprint: Int64, digest: Data)?
    }

    /// Checks every value against its checksum and against what a log-prob can be, and the file's structure.
    /// - Parameter removing: whether what is wrong is removed.
    package func verify(removing: Bool) throws -> ScoreStoreVerification {
        var result = ScoreStoreVerification()
        result.structure = try database.pool.read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Self.maxReportedProblems))").filter { $0 != "ok" }
        }
        var last: (fingerprint: Int64, digest: Data)? = (0, Data())
        while let from = last {
            let page = try verifyPage(after: from)
            result.segments += page.rows
            result.tokens += page.tokens
            result.corrupt += page.corrupt.map(\.key)
            if page.unreadable > 0 { result.structure.append("\(page.unreadable) rows name no model or no segment") }
            if removing, !page.corrupt.isEmpty {
                _ = try database.write(StoreBatch(removals: page.corrupt), now: 0)
                result.removed += page.corrupt.count
            }
            last = page.last
        }
        result.orphans = try database.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM log_probs WHERE id NOT IN (SELECT id FROM segments)") ?? 0
        }
        if removing, result.orphans > 0 {
            try database.pool.write { db in
                try db.execute(sql: "DELETE FROM log_probs WHERE id NOT IN (SELECT id FROM segments)")
            }
            result.removed += result.orphans
        }
        return result
    }

    private func verifyPage(after last: (fingerprint: Int64, digest: Data)) throws -> Page {
        try database.pool.read { db in
            var page = Page()
            let statement = try db.cachedStatement(
                sql: """
                    SELECT fingerprint, digest, segments.id, scores_fingerprint, tokens, checksum, log_probs
                    FROM segments LEFT JOIN fingerprints ON fingerprints.id = fingerprint
                    LEFT JOIN log_probs ON log_probs.id = segments.id
                    WHERE (fingerprint, digest) > (?, ?) ORDER BY fingerprint, digest LIMIT \(Self.verifiedRows)
                    """)
            let rows = try Row.fetchCursor(statement, arguments: [last.fingerprint, last.digest])
            while let row = try rows.next() {
                page.rows += 1
                // Without these there is no going on behind the row.
                guard let fingerprint = row.integer(0), let digest = row.bytes(1) else { break }
                page.last = (fingerprint, digest)
                guard let segment = Self.digest(digest), let scores = row.bytes(3).flatMap(Self.digest),
                    let id = row.integer(2), let tokens = row.integer(4)
                else {
                    page.unreadable += 1
                    continue
                }
                page.tokens += Int(tokens)
                let key = SegmentKey(scoresFingerprint: scores, segment: segment)
                let logProbs = ScoreChecksum.logProbs(row.bytes(6), checksum: row.bytes(5), key: key)
                let isSound = logProbs.map { LogProbFault(ofSegment: $0[...]) == nil } ?? false
                if !isSound || logProbs?.count != Int(tokens) { page.corrupt.append((key, id)) }
            }
            return page
        }
    }
}
