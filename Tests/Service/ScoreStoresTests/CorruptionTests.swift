import Digests
import Foundation
import GRDB
import ScoreStores
import TestSupport
import Testing

/// Damage to single values, and to the file as a whole: it may cost hits, it never changes a served value.
struct CorruptionTests {
    static let damages = [
        "UPDATE log_probs SET log_probs = zeroblob(400) WHERE id = 2",
        "UPDATE log_probs SET log_probs = substr(log_probs, 1, 396) WHERE id = 2",
        "UPDATE log_probs SET log_probs = substr(log_probs, 1, 399) WHERE id = 2",
        "UPDATE log_probs SET log_probs = CAST(log_probs || log_probs AS BLOB) WHERE id = 2",
        "UPDATE log_probs SET log_probs = zeroblob(0) WHERE id = 2",
        "UPDATE log_probs SET checksum = randomblob(16) WHERE id = 2",
        "UPDATE log_probs SET checksum = zeroblob(0) WHERE id = 2",
        // Another segment's value, with the checksum that fits it.
        """
        UPDATE log_probs SET log_probs = (SELECT log_probs FROM log_probs WHERE id = 1),
        checksum = (SELECT checksum FROM log_probs WHERE id = 1) WHERE id = 2
        """,
        // No value.
        "DELETE FROM log_probs WHERE id = 2",
        // One byte.
        """
        UPDATE log_probs SET log_probs = CAST(substr(log_probs, 1, 200) || x'01' || substr(log_probs, 202) AS BLOB)
        WHERE id = 2
        """,
    ]

    @Test(arguments: damages)
    func damagedValueIsAMissAndLeaves(damage: String) async throws {
        try await withStore { store, context in
            let keys = (1...3).map { Samples.key($0) }
            store.append((1...3).map { Samples.segment($0) })
            store.flush()
            let queue = try DatabaseQueue(path: context.directory + "/scores.sqlite")
            try queue.write { try $0.execute(sql: damage) }
            #expect(store.logProbs(for: keys).map { $0 != nil } == [true, false, true])
            #expect(store.counters.corruptRows == 1)
            #expect(context.events.all == [.corruptRow(keys[1])])
            store.flush()
            #expect(try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM log_probs") } == 2)
            #expect(store.logProbs(for: [keys[1]]) == [nil])
            #expect(store.counters.corruptRows == 1, "gone, not found damaged again")
            store.append([Samples.segment(2)])
            store.flush()
            #expect(store.logProbs(for: [keys[1]])[0]?.bits == Samples.logProbs(2, tokens: 100).bits)
        }
    }

    /// A row that has lost its value is renewed by whoever brings it, also before anybody has read it.
    @Test func aLostValueIsStoredAnew() async throws {
        try await withStore { store, context in
            let keys = (1...3).map { Samples.key($0) }
            store.append((1...3).map { Samples.segment($0) })
            store.flush()
            let queue = try DatabaseQueue(path: context.directory + "/scores.sqlite")
            try queue.write { try $0.execute(sql: "DELETE FROM log_probs WHERE id = 2") }
            store.append([Samples.segment(2)])
            store.flush()
            #expect(store.logProbs(for: keys).allSatisfy { $0 != nil })
            #expect(store.counters.corruptRows == 0 && store.counters.writtenSegments == 4)
            #expect(try ScoreStoreMaintenance(directory: context.directory).verify(removing: false).isSound)
        }
    }

    /// A row that names another's value leaves without it.
    @Test(arguments: [true, false]) func aDamagedRowLeavesTheValueOfAnother(isVerified: Bool) async throws {
        try await withStore { store, context in
            let keys = (1...3).map { Samples.key($0) }
            store.append((1...3).map { Samples.segment($0) })
            store.flush()
            let queue = try DatabaseQueue(path: context.directory + "/scores.sqlite")
            try queue.write { try $0.execute(sql: "UPDATE segments SET id = 2 WHERE id = 1") }
            let maintenance = try ScoreStoreMaintenance(directory: context.directory)
            if isVerified {
                let verification = try maintenance.verify(removing: true)
                #expect(verification.corrupt == [keys[0]] && verification.orphans == 1)
            } else {
                #expect(store.logProbs(for: keys).map { $0 != nil } == [false, true, true])
                store.flush()
            }
            #expect(store.logProbs(for: keys).map { $0 != nil } == [false, true, true])
            store.append([Samples.segment(1)])
            store.flush()
            #expect(store.logProbs(for: keys).allSatisfy { $0 != nil })
            #expect(try maintenance.verify(removing: false).corrupt.isEmpty)
        }
    }

    @Test func fingerprintsThatWereExchangedServeNothing() async throws {
        try await withStore { store, context in
            store.append([Samples.segment(1), Samples.segment(1, tokens: 50, fingerprint: Samples.otherFingerprint)])
            store.flush()
            let queue = try DatabaseQueue(path: context.directory + "/scores.sqlite")
            try queue.write { db in
                try db.execute(
                    sql: """
                        UPDATE fingerprints SET scores_fingerprint = zeroblob(32) WHERE id = 1;
                        UPDATE fingerprints SET scores_fingerprint = :first WHERE id = 2;
                        UPDATE fingerprints SET scores_fingerprint = :second WHERE id = 1;
                        """,
                    arguments: [
                        "first": Data(Samples.fingerprint.bytes), "second": Data(Samples.otherFingerprint.bytes),
                    ])
            }
            let keys = [Samples.key(1), Samples.key(1, fingerprint: Samples.otherFingerprint)]
            #expect(store.logProbs(for: keys) == [nil, nil])
            #expect(store.counters.corruptRows == 2)
        }
    }

    /// Bytes changed at random places of the file: an error at opening, misses, or right values.
    @Test func damagedFileNeverServesAWrongValue() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            defer { withExtendedLifetime(directory) {} }
            let store = try ScoreStore(.small(directory.path))
            store.append((0..<300).map { Samples.segment($0, tokens: 40 + $0 % 300) })
            store.close()
            let path = directory.file("scores.sqlite")
            let sound = try Data(contentsOf: URL(fileURLWithPath: path))
            var random = DrawnRandom()
            var served = 0
            for round in 0..<60 {
                var damaged = sound
                for _ in 0..<(1 << (round % 10)) {
                    damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(
                        in: 1...255, using: &random)
                }
                for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
                try damaged.write(to: URL(fileURLWithPath: path))
                guard let store = try? ScoreStore(.small(directory.path)) else { continue }
                for number in 0..<300 {
                    guard let logProbs = store.logProbs(for: [Samples.key(number)])[0] else { continue }
                    #expect(logProbs.bits == Samples.logProbs(number, tokens: 40 + number % 300).bits)
                    served += 1
                }
                store.append([Samples.segment(1000)])
                store.close()
                _ = try? ScoreStoreMaintenance(directory: directory.path).verify(removing: true)
            }
            #expect(served > 1000)
        }
    }
}
