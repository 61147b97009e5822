import Foundation
import GRDB

/// The layout of the database, version 1.
///
/// `segments` is the catalogue, small rows in key order; `log_probs` holds the values in the order of their arrival, so that
/// writing is sequential and a renewed stamp rewrites no value. Rows of `fingerprints` are never removed: an id means one
/// fingerprint for ever. `used` is in seconds since 1970.
enum StoreSchema {
    static let version = 1
    /// "RMIT": tells our databases from others.
    static let applicationID = 0x524D_4954
    /// Whole segments of the usual 512 to 2,048 tokens lie on one page with little room lost to the next.
    static let pageBytes = 8192

    private static let statements = """
        CREATE TABLE fingerprints (
            id INTEGER PRIMARY KEY, scores_fingerprint BLOB NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE segments (
            fingerprint INTEGER NOT NULL, digest BLOB NOT NULL, id INTEGER NOT NULL, used INTEGER NOT NULL,
            tokens INTEGER NOT NULL, PRIMARY KEY (fingerprint, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX segments_by_use ON segments (used);
        CREATE TABLE log_probs (
            id INTEGER PRIMARY KEY, checksum BLOB NOT NULL, log_probs BLOB NOT NULL
        ) STRICT;
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        """

    /// Must come before anything is written. A database that exists keeps what it was made with, and is not touched: even a
    /// PRAGMA that changes nothing is a write, which a full disk refuses.
    static func prepareNewFile(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA page_count") == 0 else { return }
        try db.execute(sql: "PRAGMA page_size = \(pageBytes); PRAGMA auto_vacuum = INCREMENTAL")
    }

    /// Throws where the database is something else; true where it is still empty.
    static func check(_ db: Database, path: String) throws -> Bool {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard application == applicationID else {
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            guard application == 0, found == 0, tables == 0 else { throw ScoreStoreError.notAStore(path: path) }
            return true
        }
        guard found == version else {
            throw ScoreStoreError.unknownSchema(path: path, expected: version, got: found)
        }
        return false
    }

    /// Reads the two numbers where SQLite keeps them, without SQLite: at 60 and 68 of the file, big-endian.
    ///
    /// - Throws: `ScoreStoreError.unknownSchema` where the file is a store of another layout; nothing where it is anything else.
    static func checkHead(ofFile path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 72), head.count == 72
        else { return }
        func number(at offset: Int) -> Int { head[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
        let found = number(at: 60)
        guard number(at: 68) == applicationID, found != version else { return }
        throw ScoreStoreError.unknownSchema(path: path, expected: version, got: found)
    }

    /// Two processes that start together make one layout: the second finds the first's.
    static func createIfEmpty(_ db: Database, path: String) throws {
        guard try check(db, path: path) else { return }
        try db.inTransaction(.immediate) {
            if try check(db, path: path) { try db.execute(sql: statements) }
            return .commit
        }
    }
}
