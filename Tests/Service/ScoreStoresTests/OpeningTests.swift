import Foundation
import GRDB
import ScoreStores
import TestSupport
import Testing

struct OpeningTests {
    private static func inDirectory(_ body: @escaping @Sendable (_ path: String, _ directory: String) throws -> Void)
        async throws
    {
        try await onThread {
            let directory = try TemporaryDirectory()
            defer { withExtendedLifetime(directory) {} }
            try body(directory.path + "/scores.sqlite", directory.path)
        }
    }

    @Test func newerLayoutIsRefused() async throws {
        try await Self.inDirectory { path, directory in
            try ScoreStore(.small(directory)).close()
            try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 2") }
            let expected = ScoreStoreError.unknownSchema(path: path, expected: 1, got: 2)
            #expect(throws: expected) { try ScoreStore(.small(directory)) }
            #expect(throws: expected) { try ScoreStoreMaintenance(directory: directory) }
            #expect("\(expected)".contains("layout 2"))
        }
    }

    /// A layout whose tables this SQLite cannot read is newer, not damaged.
    @Test func newerLayoutWithTablesOfTomorrowIsRefused() async throws {
        try await Self.inDirectory { path, directory in
            try ScoreStore(.small(directory)).close()
            try DatabaseQueue(path: path).write { db in
                try db.execute(
                    sql: """
                        PRAGMA user_version = 2; PRAGMA writable_schema = ON;
                        UPDATE sqlite_master SET sql = 'CREATE TABLE segments OF TOMORROW' WHERE name = 'segments';
                        """)
            }
            let expected = ScoreStoreError.unknownSchema(path: path, expected: 1, got: 2)
            #expect(throws: expected) { try ScoreStore(.small(directory)) }
            #expect(throws: expected) { try ScoreStoreMaintenance(directory: directory, readOnly: true) }
            #expect("\(expected)".contains("newer"))
        }
    }

    /// Whoever only looks changes nothing: neither the file nor the log beside it, which somebody else will bring in.
    @Test func lookingChangesNothing() async throws {
        try await withStore { store, context in
            let path = context.directory + "/scores.sqlite"
            store.append((0..<20).map { Samples.segment($0) })
            store.flush()
            let copy = try TemporaryDirectory()
            for name in ["scores.sqlite", "scores.sqlite-wal"] {
                try FileManager.default.copyItem(atPath: context.directory + "/" + name, toPath: copy.file(name))
            }
            func bytes() throws -> [Data] {
                try ["scores.sqlite", "scores.sqlite-wal"].map {
                    try Data(contentsOf: URL(fileURLWithPath: copy.file($0)))
                }
            }
            let before = try bytes()
            #expect(before[1].count > 0, "\(path)")
            let maintenance = try ScoreStoreMaintenance(directory: copy.path, readOnly: true)
            #expect(try maintenance.statistics().segments == 20)
            #expect(try maintenance.verify(removing: false).isSound)
            maintenance.close()
            #expect(try bytes() == before)
        }
    }

    @Test func databaseOfAnotherProgramIsRefusedAndUnharmed() async throws {
        try await Self.inDirectory { path, directory in
            try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE notes (text TEXT)") }
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(throws: ScoreStoreError.notAStore(path: path)) { try ScoreStore(.small(directory)) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
    }

    @Test func fileThatIsNoDatabaseIsRefusedAndUnharmed() async throws {
        try await Self.inDirectory { path, directory in
            let text = Data(String(repeating: "not a database ", count: 1000).utf8)
            try text.write(to: URL(fileURLWithPath: path))
            #expect {
                try ScoreStore(.small(directory))
            } throws: { error in
                guard case .unusable(path, _) = error as? ScoreStoreError else { return false }
                return true
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
        }
    }

    @Test func directoryThatCannotBeMade() async throws {
        try await Self.inDirectory { path, directory in
            try Data().write(to: URL(fileURLWithPath: directory + "/file"))
            #expect {
                try ScoreStore(.small(directory + "/file/store"))
            } throws: { error in
                guard case .unusable = error as? ScoreStoreError else { return false }
                return true
            }
            #expect(throws: ScoreStoreError.notFound(path: directory + "/none/scores.sqlite")) {
                try ScoreStoreMaintenance(directory: directory + "/none")
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/none"))
        }
    }
}
