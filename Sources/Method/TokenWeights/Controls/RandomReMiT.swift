import RandomNumbers

/// A control: each sequence has the weights that `remit` gives it, but on tokens drawn by chance. What is left of ReMiT's effect is not
/// the teacher's choice of tokens.
///
/// The permutation is a function of the seed and of the teacher's log-probs, so that a weight depends on its own sequence alone, and
/// the same sequence is permuted the same way at every epoch.
package struct RandomReMiT: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "random"

    /// Options, of which epsilon, centering and `permutationSeed` are read.
    package let options: Weighting
    /// The student at this step: the weights that are permuted are those of `remit`.
    package var studentSource: StudentSource { .current }
    /// True: the teacher's log-probs make the weights, and the bits of the log-probs the permutation.
    package var needsTeacher: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights of `remit`, permuted among the scored positions; their multiset, mean and clip counts stay the same.
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
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
