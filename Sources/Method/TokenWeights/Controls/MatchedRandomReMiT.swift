import RandomNumbers

/// A control: the weights that `remit` gives, permuted among tokens that are alike to the student: those of one domain and one tenth of
/// its losses. Domain by domain and tenth by tenth the weights stay the same; what is left of ReMiT's effect is not that it favours a
/// domain, or what the student finds hard.
///
/// The tenths are over the sequences that are weighed together. The permutation is a function of the seed and of the teacher's log-probs.
package struct MatchedRandomReMiT: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "random-matched"
    /// Groups of equal size into which the tokens of a domain are cut by the student's loss.
    package static let groups = 10

    /// Options, of which epsilon, centering and `permutationSeed` are read.
    package let options: Weighting
    /// The student at this step: the weights that are permuted are those of `remit`, and the losses that make the tenths are its own.
    package var studentSource: StudentSource { .current }
    /// True: the teacher's log-probs make the weights, and their bits the permutation.
    package var needsTeacher: Bool { true }
    /// True: a weight stays within its domain, and every position must have one.
    package var needsDomains: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights of one sequence alone: the tenths are of this sequence, not of a step.
    ///
    /// - Throws: `TokenWeightError` where log-probs or domains are missing, or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        try weights(together: [sequence])[0]
    }

    /// Weights of several sequences: each tenth of a domain keeps the multiset of its weights. Equal losses are ordered by place. Clip
    /// counts are those of remit's weights, before they are permuted.
    ///
    /// - Throws: `TokenWeightError` where log-probs or domains are missing, or a scored position is not finite.
    package func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence] {
        var random = SplitMix64(seed: options.permutationSeed)
        var remit: [WeightedSequence] = []
        var places: [String: [Place]] = [:]
        for (index, sequence) in sequences.enumerated() {
            remit.append(CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name)))
            for part in try sequence.domains(for: name) {
                for at in part.range where sequence.scored[at] {
                    random.state &+= UInt64(sequence.teacher[at].bitPattern)
                    random.state = random.next()
                    places[part.domain, default: []].append(
                        Place(sequence: index, position: at, studentLogProb: sequence.student[at]))
                }
            }
        }
        var weights = remit.map(\.weights)
        for (_, places) in places.sorted(by: { $0.key < $1.key }) {
            for group in Self.tenths(places) {
                let order = random.permutation(of: group.count).map { group[group.startIndex + $0] }
                for (from, to) in zip(group, order) {
                    weights[to.sequence][to.position] = remit[from.sequence].weights[from.position]
                }
            }
        }
        return zip(sequences, zip(weights, remit)).map { sequence, own in
            WeightedSequence(
                weights: own.0, scored: sequence.scored, clippedLow: own.1.clippedLow, clippedHigh: own.1.clippedHigh)
        }
    }

    /// A scored position of one of the sequences.
    private struct Place {
        let sequence: Int
        let position: Int
        let studentLogProb: Float
    }

    /// Groups by descending log-prob; their sizes differ by one at most.
    private static func tenths(_ places: [Place]) -> [ArraySlice<Place>] {
        let ordered = places.enumerated().sorted {
            ($1.element.studentLogProb, $0.offset) < ($0.element.studentLogProb, $1.offset)
        }.map(\.element)
        return (0..<groups).map { ordered[ordered.count * $0 / groups..<ordered.count * ($0 + 1) / groups] }
    }
}
