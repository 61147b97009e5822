import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 7])
    func eachPieceRunsOnce(threads: Int) async throws {
        let counts = try await onThread {
            let pool = WorkerPool(threads: threads)
            let slots = (0..<200).map { _ in Counter() }
            for _ in 0..<50 { pool.forEach(200) { slots[$0].value.add(1, ordering: .relaxed) } }
            return slots.map { $0.value.load(ordering: .relaxed) }
        }
        #expect(counts == Array(repeating: 50, count: 200))
    }

    @Test func noPiecesIsNoWork() {
        WorkerPool(threads: 2).forEach(0) { _ in Issue.record("called") }
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }
}
