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

    @Test func everyValueChangesTheMix() {
        #expect(SplitMix64.mix(1, 2) != SplitMix64.mix(2, 1))
        #expect(SplitMix64.mix(0) != SplitMix64.mix(0, 0))
    }
}
