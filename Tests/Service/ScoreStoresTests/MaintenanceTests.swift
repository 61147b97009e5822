import Foundation
import GRDB
import ScoreStores
import Sequences
import TestSupport
import Testing

struct MaintenanceTests {
    @Test func statisticsCountWhatIsThere() async throws {
        let clock = TestClock()
        try await withStore(clock: clock) { store, context in
            let empty = try ScoreStoreMaintenance(directory: context.directory).statistics()
            #expect(empty.segments == 0 && empty.byFingerprint.isEmpty && empty.fileBytes > 0)
            store.append((0..<10).map { Samples.segment($0) })
            store.flush()
            clock.advance(by: 5)
            store.append((0..<3).map { Samples.segment($0, tokens: 7, fingerprint: Samples.otherFingerprint) })
            store.flush()
            let statistics = try ScoreStoreMaintenance(directory: context.directory).statistics()
            #expect(statistics.segments == 13)
            #expect(statistics.tokens == 1021)
            let own = try #require(statistics.byFingerprint.first { $0.scoresFingerprint == Samples.fingerprint })
            #expect(own.segments == 10 && own.tokens == 1000)
            #expect(own.oldestUse == 1_000_000 && own.newestUse == 1_000_000)
            #expect(statistics.liveBytes > 4000 && statistics.liveBytes <= statistics.fileBytes)
        }
    }

    /// Values that were written as they are: their checksums are right.
    @Test func verifyFindsWhatNoModelCanGive() async throws {
        try await withStore { store, context in
            let impossible: [[Float]] = [[.nan, 0.5], [-1, -1], [.nan, -.infinity]]
            store.append([Samples.segment(9, tokens: 10)])
            store.append(impossible.enumerated().map { StoredSegment(key: Samples.key($0), logProbs: $1) })
            store.flush()
            let verification = try ScoreStoreMaintenance(directory: context.directory).verify(removing: false)
            #expect(Set(verification.corrupt) == Set([0, 1, 2].map { Samples.key($0) }))
        }
    }

    @Test func verifyFindsAndRemovesWhatIsWrong() async throws {
        try await withStore { store, context in
            store.append((0..<2000).map { Samples.segment($0, tokens: 10) })
            store.flush()
            let maintenance = try ScoreStoreMaintenance(directory: context.directory)
            var verification = try maintenance.verify(removing: false)
            #expect(verification.isSound && verification.segments == 2000 && verification.tokens == 20_000)
            let queue = try DatabaseQueue(path: context.directory + "/scores.sqlite")
            try queue.write { db in
                try db.execute(
                    sql: """
                        UPDATE log_probs SET log_probs = zeroblob(40) WHERE id = 77;
                        UPDATE segments SET tokens = 9 WHERE id = 78;
                        DELETE FROM log_probs WHERE id = 79;
                        DELETE FROM segments WHERE id = 80;
                        """)
            }
            verification = try maintenance.verify(removing: false)
            #expect(Set(verification.corrupt) == Set([76, 77, 78].map { Samples.key($0) }))
            #expect(verification.orphans == 1 && verification.removed == 0 && !verification.isSound)
            verification = try maintenance.verify(removing: true)
            #expect(verification.removed == 4)
            verification = try maintenance.verify(removing: false)
            #expect(verification.isSound && verification.segments == 1996)
        }
    }

    @Test func pruneByModelAgeAndSize() async throws {
        let clock = TestClock()
        try await withStore(clock: clock) { store, context in
            store.append((0..<100).map { Samples.segment($0, tokens: 2048, fingerprint: Samples.otherFingerprint) })
            store.append((0..<100).map { Samples.segment($0, tokens: 2048) })
            store.flush()
            clock.advance(by: 1000)
            store.append((100..<300).map { Samples.segment($0, tokens: 2048) })
            store.flush()
            let maintenance = try ScoreStoreMaintenance(directory: context.directory)
            let before = try maintenance.statistics()

            var pruning = ScoreStorePruning()
            pruning.scoresFingerprints = [Samples.otherFingerprint, Samples.key(0).segment]
            #expect(try maintenance.prune(pruning).segments == 100)
            pruning = ScoreStorePruning()
            pruning.unusedSince = 1_000_001
            #expect(try maintenance.prune(pruning).segments == 100)
            pruning = ScoreStorePruning()
            pruning.maxBytes = 1 << 20
            let removal = try maintenance.prune(pruning)
            #expect(removal.segments > 50 && removal.segments < 200 && removal.bytes > 0)

            let after = try maintenance.statistics()
            #expect(after.segments == 200 - removal.segments)
            #expect(after.liveBytes <= 1 << 20)
            #expect(after.fileBytes < before.fileBytes / 2, "the room went back to the file system")
            #expect(try maintenance.verify(removing: false).isSound)
            store.append((0..<10).map { Samples.segment($0) })
            store.flush()
            #expect(
                store.logProbs(for: (0..<10).map { Samples.key($0) }).allSatisfy { $0 != nil },
                "a running server goes on")
        }
    }
}
