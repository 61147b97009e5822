import Foundation
import GRDB

/// The connections: one writer, several readers. Errors are GRDB's; `StoreFailure` sorts them.
struct StoreDatabase: Sendable {
    let pool: DatabasePool
    let path: String

    /// What may be done to the file.
    enum Access: Equatable {
        /// Nothing, not even a checkpoint of what somebody else has written.
        case read
        case change
        /// It is made where it is not there.
        case create
    }

    private let access: Access

    init(_ configuration: ScoreStoreConfiguration, for access: Access) throws {
        path = configuration.path
        self.access = access
        if !FileManager.default.fileExists(atPath: path) {
            guard access == .create else { throw ScoreStoreError.notFound(path: path) }
            do {
                try FileManager.default.createDirectory(
                    atPath: configuration.directory, withIntermediateDirectories: true)
            } catch {
                throw ScoreStoreError.unusable(path: path, reason: error.localizedDescription)
            }
        }
        do {
            pool = try access == .read ? Self.openForReading(configuration) : Self.open(configuration)
        } catch let error as DatabaseError {
            // What this SQLite cannot make sense of may be a layout of tomorrow.
            try StoreSchema.checkHead(ofFile: path)
            throw ScoreStoreError.unusable(path: path, reason: "\(error)")
        }
    }

    private static func open(_ configuration: ScoreStoreConfiguration) throws -> DatabasePool {
        let deadline = ContinuousClock.now + configuration.busyTimeout
        while true {
            do {
                let path = configuration.path
                try checkExisting(path, busyTimeout: configuration.busyTimeout)
                let pool = try DatabasePool(path: path, configuration: connections(configuration))
                try pool.writeWithoutTransaction { try StoreSchema.createIfEmpty($0, path: path) }
                return pool
            } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_BUSY {
                // Turning WAL on does not honour the busy timeout: another process is opening the store too.
                guard ContinuousClock.now < deadline else { throw error }
                usleep(10_000)
            }
        }
    }

    private static func openForReading(_ configuration: ScoreStoreConfiguration) throws -> DatabasePool {
        var connections = connections(configuration)
        connections.readonly = true
        let pool = try DatabasePool(path: configuration.path, configuration: connections)
        _ = try pool.read { try StoreSchema.check($0, path: configuration.path) }
        return pool
    }

    /// Before anything is changed: opening the pool turns a database to WAL, whosever it is.
    private static func checkExisting(_ path: String, busyTimeout: Duration) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        _ = try queue.read { try StoreSchema.check($0, path: path) }
        try queue.close()
    }

    private static func connections(_ configuration: ScoreStoreConfiguration) -> Configuration {
        var connections = Configuration()
        connections.label = "remit-store"
        connections.foreignKeysEnabled = false
        connections.maximumReaderCount = configuration.readerCount
        connections.busyMode = .timeout(configuration.busyTimeout / .seconds(1))
        connections.prepareDatabase { db in
            if !db.configuration.readonly { try StoreSchema.prepareNewFile(db) }
            try db.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = \(64 << 20)")
        }
        return connections
    }

    static func pragma(_ name: String, _ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA \(name)") ?? 0
    }

    /// Bytes on pages that hold something.
    static func liveBytes(_ db: Database) throws -> Int {
        let pages = try pragma("page_count", db) - pragma("freelist_count", db)
        return try pages * pragma("page_size", db)
    }

    /// Copies the write-ahead log into the database and empties it (left for later where someone else is reading), then
    /// closes the connections. Neither can lose anything: the log is part of the database. A reader leaves it as it is.
    func close() {
        if access != .read { _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
        try? pool.close()
    }
}

/// What an error of SQLite means for the store.
enum StoreFailure {
    /// Ends by itself or by the operator's help: locked, full, not writable.
    case passing(String)
    case damaged(String)

    init(_ error: any Error) {
        let reason = "\(error)"
        switch (error as? DatabaseError)?.resultCode.primaryResultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(reason)
        default: self = .passing(reason)
        }
    }
}
