import Digests
import Foundation
import ScoreStores
import Sequences
import System
import TestSupport
import Testing

struct ScoreStoreTests {
    @Test func valuesComeBackBitForBit() async throws {
        try await withStore { store, _ in
            let odd: [Float] = [
                .nan, Float(bitPattern: 0x7FC0_1234), -.infinity, -0.0, 0, .leastNonzeroMagnitude, -1e-38, -12.345678,
            ]
            store.append([StoredSegment(key: Samples.key(1), logProbs: odd), Samples.segment(2, tokens: 2048)])
            store.append([Samples.segment(3, tokens: 1), Samples.segment(4, tokens: 100_000)])
            store.flush()
            let found = store.logProbs(for: [4, 3, 9, 2, 1, 1].map { Samples.key($0) })
            #expect(found[0]?.bits == Samples.logProbs(4, tokens: 100_000).bits)
            #expect(found[1]?.bits == Samples.logProbs(3, tokens: 1).bits)
            #expect(found[2] == nil)
            #expect(found[3]?.bits == Samples.logProbs(2, tokens: 2048).bits)
            #expect(found[4]?.bits == odd.bits)
            #expect(found[5]?.bits == odd.bits)
            #expect(store.counters.hits == 5)
            #expect(store.counters.misses == 1)
            #expect(store.counters.hitTokens == 100_000 + 1 + 2048 + 16)
            #expect(store.counters.writtenSegments == 4)
            #expect(store.counters.queuedBytes == 0)
        }
    }

    @Test func fingerprintsDoNotMix() async throws {
        try await withStore { store, _ in
            store.append([Samples.segment(1), Samples.segment(2, fingerprint: Samples.otherFingerprint)])
            store.flush()
            let found = store.logProbs(for: [
                Samples.key(1, fingerprint: Samples.otherFingerprint), Samples.key(2),
                Samples.key(1), Samples.key(2, fingerprint: Samples.otherFingerprint),
            ])
            #expect(found.map { $0 != nil } == [false, false, true, true])
        }
    }

    @Test func keepsWhatWasThereBeforeTheRestart() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            defer { withExtendedLifetime(directory) {} }
            for round in 0..<3 {
                let store = try ScoreStore(.small(directory.path))
                store.append((0..<10).map { Samples.segment(round * 10 + $0) })
                store.close()
                #expect(store.logProbs(for: [Samples.key(0)]) == [nil], "closed")
            }
            let store = try ScoreStore(.small(directory.path))
            defer { store.close() }
            let found = store.logProbs(for: (0..<30).map { Samples.key($0) })
            #expect(found.enumerated().allSatisfy { $1?.bits == Samples.logProbs($0, tokens: 100).bits })
        }
    }

    @Test func whatIsStoredStays() async throws {
        try await withStore { store, _ in
            for _ in 0..<3 {
                store.append([Samples.segment(1)])
                store.flush()
            }
            #expect(store.counters.writtenSegments == 1)
            #expect(store.counters.alreadyStored == 2)
        }
    }

    @Test func fullQueueDropsTheNewestAndCounts() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            defer { withExtendedLifetime(directory) {} }
            var configuration = ScoreStoreConfiguration.small(directory.path)
            configuration.maxQueuedBytes = 10 * (400 + 128)
            let store = try ScoreStore(configuration)
            defer { store.close() }
            store.append((0..<25).map { Samples.segment($0) })
            store.flush()
            #expect(store.counters.droppedSegments == 15)
            #expect(store.counters.writtenSegments == 10)
            let found = store.logProbs(for: (0..<25).map { Samples.key($0) })
            #expect(found.map { $0 != nil } == (0..<25).map { $0 < 10 })
        }
    }

    @Test func manyThreadsReadWhileOneWrites() async throws {
        try await withStore { store, _ in
            let readers = (0..<4).map { _ in
                let done = DispatchSemaphore(value: 0)
                Thread {
                    for _ in 0..<40 {
                        let found = store.logProbs(for: (0..<64).map { Samples.key($0 * 7) })
                        for (index, logProbs) in found.enumerated() {
                            guard let logProbs else { continue }
                            #expect(logProbs.bits == Samples.logProbs(index * 7, tokens: 100).bits)
                        }
                    }
                    done.signal()
                }.start()
                return done
            }
            for start in stride(from: 0, to: 448, by: 16) {
                store.append((start..<start + 16).map { Samples.segment($0) })
            }
            store.flush()
            readers.forEach { $0.wait() }
            #expect(store.counters.failedReads == 0)
            #expect(store.logProbs(for: (0..<448).map { Samples.key($0) }).allSatisfy { $0 != nil })
        }
    }

    /// After `flush` a thread finds what it brought, whatever round of the writer was under way when it asked.
    @Test func flushedIsThereForEveryThread() async throws {
        try await withStore { store, _ in
            let missing = Locked(0)
            let writers = (0..<4).map { writer in
                let done = DispatchSemaphore(value: 0)
                Thread {
                    for round in 0..<100 {
                        let number = writer * 1000 + round
                        store.append([Samples.segment(number, tokens: 20)])
                        store.flush()
                        if store.logProbs(for: [Samples.key(number)]) == [nil] { missing.withLock { $0 += 1 } }
                    }
                    done.signal()
                }.start()
                return done
            }
            writers.forEach { $0.wait() }
            #expect(missing.withLock { $0 } == 0)
            #expect(store.counters.writtenSegments == 400)
        }
    }
}
