import System
import TestSupport
import Testing

@Suite struct LockedTests {
    @Test func noChangeIsLost() async throws {
        let counts = Locked<[Int: Int]>([:])
        try await withThrowingTaskGroup { group in
            for thread in 0..<4 {
                group.addTask {
                    try await onThread {
                        for round in 0..<2_000 {
                            counts.withLock { $0[(round + thread) % 7, default: 0] += 1 }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counts.withLock { $0.values.reduce(0, +) } == 8_000)
    }

    @Test func anErrorLetsGoOfTheLock() {
        struct Refused: Error, Equatable {}
        let value = Locked(1)
        #expect(throws: Refused.self) {
            try value.withLock { value throws(Refused) in
                value = 2
                throw Refused()
            }
        }
        #expect(value.withLock { $0 } == 2)
    }

    /// What is under the lock need be neither Sendable nor copyable out.
    @Test func holdsWhatIsNotSendable() {
        final class Counter { var count = 0 }
        let counter = Locked(Counter())
        counter.withLock { $0.count += 1 }
        #expect(counter.withLock { $0.count } == 1)
    }
}
