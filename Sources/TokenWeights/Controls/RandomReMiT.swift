/// A control: each sequence has the weights that `remit` gives it, but on tokens drawn by chance. What is left of ReMiT's effect is not
/// the teacher's choice of tokens.
///
/// The permutation is a function of the seed and of the teacher's log-probs, so that a weight depends on its own sequence alone, and
/// the same sequence is permuted the same way at every epoch.
package struct RandomReMiT: TokenWeighting {
    package static let name = "random"

    package var name: String { Self.name }
    package let options: TokenWeightingOptions
    package var studentSource: StudentSource { .current }
    package var needsTeacher: Bool { true }

    package init(_ options: TokenWeightingOptions) {
        self.options = options
    }

    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        let remit = CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name))
        let scored = sequence.scored.indices.filter { sequence.scored[$0] }
        var state = options.permutationSeed
        for at in scored { state = Self.mix(state &+ UInt64(sequence.teacher[at].bitPattern)) }
        var order = scored
        for last in order.indices.dropFirst().reversed() {
            state &+= 0x9E37_79B9_7F4A_7C15
            let pick = Int(Self.mix(state).multipliedFullWidth(by: UInt64(last + 1)).high)
            order.swapAt(last, pick)
        }
        var weights = [Float](repeating: 0, count: sequence.count)
        for (from, to) in zip(scored, order) { weights[to] = remit.weights[from] }
        return WeightedSequence(
            weights: weights, scored: sequence.scored, clippedLow: remit.clippedLow, clippedHigh: remit.clippedHigh)
    }

    /// SplitMix64's output function.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
