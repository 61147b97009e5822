import RandomNumbers

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
        var random = SplitMix64(seed: options.permutationSeed)
        for at in scored {
            random.state &+= UInt64(sequence.teacher[at].bitPattern)
            random.state = random.next()
        }
        let order = random.permutation(of: scored.count).map { scored[$0] }
        var weights = [Float](repeating: 0, count: sequence.count)
        for (from, to) in zip(scored, order) { weights[to] = remit.weights[from] }
        return WeightedSequence(
            weights: weights, scored: sequence.scored, clippedLow: remit.clippedLow, clippedHigh: remit.clippedHigh)
    }
}
