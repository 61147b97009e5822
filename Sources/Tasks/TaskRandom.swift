/// The generator's only source of chance: its numbers, and what is drawn with them, are the same on every machine and with every
/// version of the standard library (whose own `random(in:using:)` promises neither).
///
/// SplitMix64. Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
package struct TaskRandom: Sendable, Equatable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The generator of one document: any can be made without those before it.
    package init(seed: UInt64, index: Int) {
        state = Self.mix(Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ UInt64(bitPattern: Int64(index)))
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A whole number of `range`, all alike (but for one part in 2^64 times the range's length).
    package mutating func int(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next().multipliedFullWidth(by: UInt64(range.count)).high)
    }

    package mutating func element<Element>(of elements: [Element]) -> Element {
        precondition(!elements.isEmpty, "nothing to draw from")
        return elements[int(in: 0...elements.count - 1)]
    }

    /// True with the given probability.
    package mutating func chance(_ probability: Double) -> Bool {
        Double(next() >> 11) * 0x1p-53 < probability
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
