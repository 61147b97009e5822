import Digests
import Scoring
import Sequences
import Testing

@Suite struct SegmentCacheTests {
    private func key(_ seed: Int32) -> SegmentKey {
        SegmentKey(scoresFingerprint: SHA256Hasher.digest([1]), segment: segment([seed]).digest)
    }

    private func values(_ count: Int) -> [Float] { [Float](repeating: -1, count: count) }

    @Test func leastRecentlyUsedLeavesFirst() {
        var cache = SegmentCache(maxTokens: 300)
        for seed in 1...3 { cache.insert(values(100), for: key(Int32(seed))) }
        #expect(cache.tokens == 300)
        #expect(cache.value(for: key(1)) != nil)
        cache.insert(values(100), for: key(4))
        #expect(cache.value(for: key(2)) == nil)
        #expect(cache.value(for: key(1)) != nil)
        #expect(cache.value(for: key(3)) != nil)
        #expect(cache.value(for: key(4)) != nil)
        #expect(cache.count == 3)
    }

    @Test func oneLargeEntryPushesSeveralOut() {
        var cache = SegmentCache(maxTokens: 300)
        for seed in 1...3 { cache.insert(values(100), for: key(Int32(seed))) }
        cache.insert(values(250), for: key(4))
        #expect(cache.tokens == 250)
        #expect(cache.count == 1)
    }

    @Test func whatDoesNotFitIsNotKept() {
        var cache = SegmentCache(maxTokens: 100)
        cache.insert(values(50), for: key(1))
        cache.insert(values(101), for: key(2))
        #expect(cache.value(for: key(2)) == nil)
        #expect(cache.value(for: key(1)) != nil)
        var none = SegmentCache(maxTokens: 0)
        none.insert(values(1), for: key(1))
        #expect(none.count == 0)
    }

    @Test func shortEntriesPayForTheirBookKeeping() {
        var cache = SegmentCache(maxTokens: 10 * SegmentCache.minimumCost)
        for seed in 1...1_000 { cache.insert(values(2), for: key(Int32(seed))) }
        #expect(cache.count == 10)
        #expect(cache.value(for: key(1_000)) != nil)
        #expect(cache.value(for: key(990)) == nil)
    }

    @Test func keysOfTwoModelsDiffer() {
        var cache = SegmentCache(maxTokens: 100)
        let other = SegmentKey(scoresFingerprint: SHA256Hasher.digest([2]), segment: segment([1]).digest)
        cache.insert(values(2), for: key(1))
        #expect(cache.value(for: other) == nil)
    }

    @Test func manyInsertionsAgreeWithANaiveList() {
        var cache = SegmentCache(maxTokens: 400)
        var naive: [(seed: Int32, cost: Int)] = []
        for step in 0..<3_000 {
            let seed = Int32(step * 31 % 23)
            let cost = 40 + Int(seed)
            let hit = cache.value(for: key(seed)) != nil
            #expect(hit == naive.contains { $0.seed == seed })
            if hit {
                naive.removeAll { $0.seed == seed }
            } else {
                cache.insert(values(cost), for: key(seed))
                while naive.reduce(cost, { $0 + $1.cost }) > 400 { naive.removeFirst() }
            }
            naive.append((seed, cost))
            #expect(cache.tokens == naive.reduce(0) { $0 + $1.cost })
        }
    }
}
