import RandomNumbers

/// The generator's only source of chance: its numbers, and what is drawn with them, are the same on every machine and with every
/// version of the standard library.
package struct TaskRandom: Sendable, Equatable {
    private var random: SplitMix64

    /// Starts the one sequence of draws that belongs to `seed`.
    package init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Starts the draws of one document of a stream: a function of seed and place, so that any document can be made without those
    /// before it.
    package init(seed: UInt64, index: Int) {
        random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(bitPattern: Int64(index))))
    }

    /// Draws a whole number of `range`, each as likely as another.
    package mutating func int(in range: ClosedRange<Int>) -> Int { range.lowerBound + random.below(range.count) }

    /// Draws an element, each as likely as another. `elements` must not be empty.
    package mutating func element<Element>(of elements: [Element]) -> Element { elements[random.below(elements.count)] }

    /// True with the given probability.
    package mutating func chance(_ probability: Double) -> Bool { random.uniform() < probability }
}
