/// Positions of a sequence that come from one domain.
package struct DomainRange: Sendable, Equatable {
    /// Positions within the sequence, from 0.
    package let range: Range<Int>
    /// Name of the domain; empty for none, which a weighting by domains refuses.
    package let domain: String

    package init(range: Range<Int>, domain: String) {
        self.range = range
        self.domain = domain
    }
}

/// A control: 1 + epsilon on documents of one domain, 1 - epsilon on all others. A mixture knob, with no teacher.
package struct DomainWeights: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "domain"

    /// Options, of which epsilon and `raisedDomain` are read.
    package let options: Weighting
    /// None: the domain alone decides.
    package var studentSource: StudentSource { .none }
    /// False: the weights need no server and no stored log-probs.
    package var needsTeacher: Bool { false }
    /// True: without domains there is nothing to raise, and a run is refused before it starts.
    package var needsDomains: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights 1 + epsilon on `raisedDomain`, 1 - epsilon on all others, 0 where not scored. Nothing is counted as clipped.
    ///
    /// - Throws: `TokenWeightError.missingDomain` where a position has no domain.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        var weights = [Float](repeating: 0, count: sequence.count)
        for part in try sequence.domains(for: name) {
            let weight = Float(part.domain == options.raisedDomain ? 1 + options.epsilon : 1 - options.epsilon)
            for at in part.range where sequence.scored[at] { weights[at] = weight }
        }
        return WeightedSequence(weights: weights, scored: sequence.scored)
    }
}

/// A control: every token has the mean weight that `remit` gives to its domain, over the sequences that are weighed together. What is
/// left of ReMiT's effect is its choice between domains, not between tokens.
package struct DomainMatched: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "domain-matched"

    /// Options, of which epsilon and centering are read.
    package let options: Weighting
    /// The student at this step: the means are those of remit's weights.
    package var studentSource: StudentSource { .current }
    /// True: the means per domain are of remit's weights, which need the teacher's log-probs.
    package var needsTeacher: Bool { true }
    /// True: a mean is taken over each domain, and every position must have one.
    package var needsDomains: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights of one sequence alone: the mean of each domain is over this sequence, not over a step.
    ///
    /// - Throws: `TokenWeightError` where log-probs or domains are missing, or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        try weights(together: [sequence])[0]
    }

    /// Weights of several sequences: at each scored position the mean of remit's weights over its domain in all of them. Sums are in
    /// f64, in the order of sequences and positions.
    ///
    /// - Throws: `TokenWeightError` where log-probs or domains are missing, or a scored position is not finite.
    package func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence] {
        var sums: [String: (weight: Double, tokens: Int)] = [:]
        for sequence in sequences {
            let remit = CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name))
            for part in try sequence.domains(for: name) {
                var sum = sums[part.domain] ?? (0, 0)
                for at in part.range where sequence.scored[at] {
                    sum.weight += Double(remit.weights[at])
                    sum.tokens += 1
                }
                sums[part.domain] = sum
            }
        }
        return try sequences.map { sequence in
            var weights = [Float](repeating: 0, count: sequence.count)
            for part in try sequence.domains(for: name) {
                guard let sum = sums[part.domain], sum.tokens > 0 else { continue }
                let mean = Float(sum.weight / Double(sum.tokens))
                for at in part.range where sequence.scored[at] { weights[at] = mean }
            }
            return WeightedSequence(weights: weights, scored: sequence.scored)
        }
    }
}
