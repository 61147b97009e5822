/// A random number generator whose whole state is one number, so that it can be saved and stated.
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable, Equatable, Codable {
    /// All that decides the next draws; to be saved where a run is to go on with the same ones.
    package var state: UInt64

    /// A generator with `seed` as its state. Seeds in a row give unrelated draws: the output function mixes them.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits, each number as likely as any other; every number comes once in 2^64 draws.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// The next draw as a number in [0, 1), in steps of 2^-53.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The next draw as a number from 0 to `count` - 1, all alike but for one part in 2^64 times `count`. The standard library's own
    /// `random(in:using:)` promises the same draws to nobody.
    package mutating func below(_ count: Int) -> Int {
        precondition(count > 0, "nothing to draw from")
        return Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// 0 ..< `count` in an order of which each is as likely as any other, as far as 2^64 states tell them apart (Durstenfeld 1964: the
    /// shuffle of Fisher and Yates, from the last place down).
    package mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in order.indices.dropFirst().reversed() { order.swapAt(last, below(last + 1)) }
        return order
    }

    /// The generator's output function: a bijection whose outputs look independent of its inputs.
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// One number from several, each of which changes it.
    package static func mix(_ values: UInt64...) -> UInt64 {
        values.reduce(0x6A09_E667_F3BC_C908) { mix(($0 &+ 0x9E37_79B9_7F4A_7C15) ^ mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
    }
}
