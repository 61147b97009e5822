import Digests
import Scoring
import Testing

@Suite struct EngineTurnsTests {
    private static let engines = ["a", "b", "c"].map { SHA256Hasher.digest(Array($0.utf8)) }

    /// Turns of engines that always have work, as many as asked for.
    private func turns(_ seconds: [Double], count: Int) -> [Int] {
        var turns = EngineTurns()
        return (0..<count).map { _ in
            guard let engine = turns.next(of: Self.engines), let index = Self.engines.firstIndex(of: engine) else {
                return -1
            }
            turns.charge(engine, .seconds(seconds[index]))
            return index
        }
    }

    @Test func equalBatchesAlternate() {
        #expect(turns([1, 1, 1], count: 7) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test func timeIsSharedNotTurns() {
        let order = turns([4, 1, 2], count: 700)
        let seconds = [4.0, 1, 2].enumerated().map { index, each in each * Double(order.count { $0 == index }) }
        #expect((seconds.max() ?? 0) - (seconds.min() ?? 0) <= 4)
    }

    @Test func aPauseEarnsNothing() {
        var turns = EngineTurns()
        let (a, b) = (Self.engines[0], Self.engines[1])
        for _ in 0..<100 {
            #expect(turns.next(of: [a]) == a)
            turns.charge(a, .seconds(1))
        }
        // b comes now: it does not take 100 turns in a row.
        var served: [SHA256Digest?] = []
        for _ in 0..<6 {
            let engine = turns.next(of: [a, b])
            served.append(engine)
            if let engine { turns.charge(engine, .seconds(1)) }
        }
        #expect(served.count { $0 == a } == 3)
    }

    @Test func nobodyWaits() {
        var turns = EngineTurns()
        #expect(turns.next(of: []) == nil)
    }
}
