import ScoreStores
import Sequences
import TestSupport
import Testing

struct EvictionTests {
    private static let maxBytes = 1 << 20

    @Test func theLeastRecentlyUsedLeave() async throws {
        let clock = TestClock()
        try await withStore(maxBytes: Self.maxBytes, clock: clock) { store, context in
            // 50 segments of 8 KiB: 400 KiB and more.
            store.append((0..<50).map { Samples.segment($0, tokens: 2048) })
            store.flush()
            #expect(store.counters.evictedSegments == 0)
            clock.advance(by: 3600)
            let lately = stride(from: 0, to: 50, by: 5).map { Samples.key($0) }
            #expect(store.logProbs(for: lately).allSatisfy { $0 != nil })
            clock.advance(by: 3600)
            store.append((50..<120).map { Samples.segment($0, tokens: 2048) })
            store.flush()
            let evicted = store.counters.evictedSegments
            #expect(evicted > 0 && evicted <= 40)
            #expect(store.logProbs(for: lately).allSatisfy { $0 != nil }, "those read lately stay")
            #expect(
                store.logProbs(for: (50..<120).map { Samples.key($0) }).allSatisfy { $0 != nil }, "so do the newest")
            guard case .evicted(let segments, let bytes) = context.events.all.last else {
                Issue.record("no event of the eviction")
                return
            }
            #expect(segments == evicted && bytes > segments * 8192)
            let statistics = try ScoreStoreMaintenance(directory: context.directory).statistics()
            #expect(statistics.segments == 120 - evicted)
            #expect(statistics.liveBytes <= Self.maxBytes / 10 * 9)
        }
    }

    /// What a clock that was ahead has stamped leaves as what was stamped now does: a working set that is used again and again stays.
    @Test func aClockThatWasAheadIsForgotten() async throws {
        let clock = TestClock()
        try await withStore(maxBytes: Self.maxBytes, clock: clock) { store, context in
            clock.advance(by: 10_000_000)
            store.append((0..<100).map { Samples.segment($0, tokens: 2048) })
            store.flush()
            clock.advance(by: -10_000_000)
            let workingSet = (1000..<1020).map { $0 }
            for round in 0..<6 {
                clock.advance(by: 3600)
                let found = store.logProbs(for: workingSet.map { Samples.key($0) })
                if round > 1 { #expect(found.allSatisfy { $0 != nil }, "round \(round)") }
                store.append(workingSet.map { Samples.segment($0, tokens: 2048) })
                store.append((0..<20).map { Samples.segment(2000 + round * 20 + $0, tokens: 2048) })
                store.flush()
            }
            let newest = try ScoreStoreMaintenance(directory: context.directory).statistics().byFingerprint[0].newestUse
            #expect(newest <= clock.now)
        }
    }

    /// A limit that was lowered makes the file smaller.
    @Test func whatIsFarTooMuchGoesBackToTheFileSystem() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let large = try ScoreStore(.small(directory.path))
            large.append((0..<1000).map { Samples.segment($0, tokens: 2048) })
            large.flush()
            large.close()
            let before = try ScoreStoreMaintenance(directory: directory.path, readOnly: true).statistics().fileBytes
            #expect(before > 4 * Self.maxBytes)
            let small = try ScoreStore(.small(directory.path, maxBytes: Self.maxBytes))
            small.append([Samples.segment(1000)])
            small.flush()
            small.close()
            let after = try ScoreStoreMaintenance(directory: directory.path, readOnly: true).statistics().fileBytes
            #expect(after <= Self.maxBytes / 4 * 5)
        }
    }

    @Test func theFileStaysBoundedUnderEndlessWriting() async throws {
        let clock = TestClock()
        try await withStore(maxBytes: Self.maxBytes, clock: clock) { store, context in
            for round in 0..<40 {
                clock.advance(by: 1)
                store.append((0..<20).map { Samples.segment(round * 20 + $0, tokens: 300 + ($0 * 997) % 3000) })
                store.flush()
            }
            let statistics = try ScoreStoreMaintenance(directory: context.directory).statistics()
            #expect(statistics.fileBytes < 2 * Self.maxBytes)
            #expect(statistics.liveBytes <= Self.maxBytes)
            #expect(try ScoreStoreMaintenance(directory: context.directory).verify(removing: false).isSound)
        }
    }

    @Test func aReadSoonAfterRenewsNothing() async throws {
        let clock = TestClock()
        try await withStore(clock: clock) { store, context in
            let stamps = {
                try ScoreStoreMaintenance(directory: context.directory).statistics().byFingerprint[0].newestUse
            }
            store.append([Samples.segment(1)])
            store.flush()
            let written = clock.now
            clock.advance(by: 599)
            _ = store.logProbs(for: [Samples.key(1)])
            store.flush()
            let before = try stamps()
            #expect(before == written)
            clock.advance(by: 1)
            _ = store.logProbs(for: [Samples.key(1)])
            store.flush()
            let after = try stamps()
            #expect(after == written + 600)
        }
    }
}
