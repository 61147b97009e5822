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
