import RandomNumbers
import Testing

struct SplitMix64Tests {
    /// First outputs for seed 1234567, from the reference implementation (Vigna's splitmix64.c).
    @Test func matchesTheReference() {
        var random = SplitMix64(seed: 1_234_567)
        #expect((0..<3).map { _ in random.next() } == [6457827717110365317, 3203168211198807973, 9817491932198370423])
    }

    @Test func continuesFromItsState() {
        var random = SplitMix64(seed: 9)
        _ = random.next()
        var copy = SplitMix64(seed: random.state)
        #expect(random.next() == copy.next())
    }

    @Test func drawsStayInTheirRange() {
        var random = SplitMix64(seed: 3)
        var seen: Set<Int> = []
        for _ in 0..<1000 {
            #expect((0..<1).contains(random.uniform()))
            seen.insert(random.below(5))
        }
        #expect(seen == [0, 1, 2, 3, 4])
    }

    /// Each of the 24 orders of four comes as often as any other: chi-square with 23 degrees of freedom is below 58.6 with probability
    /// 0.99994.
    @Test func permutationsAreUniform() {
        var random = SplitMix64(seed: 17)
        let draws = 24_000
        var counts: [[Int]: Int] = [:]
        for _ in 0..<draws { counts[random.permutation(of: 4), default: 0] += 1 }
        let expected = Double(draws) / 24
        let chiSquare = counts.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(counts.count == 24 && chiSquare < 58.6, "\(chiSquare)")
        #expect(random.permutation(of: 0) == [] && random.permutation(of: 1) == [0])
    }

    @Test func everyValueChangesTheMix() {
        #expect(SplitMix64.mix(1, 2) != SplitMix64.mix(2, 1))
        #expect(SplitMix64.mix(0) != SplitMix64.mix(0, 0))
    }
}
