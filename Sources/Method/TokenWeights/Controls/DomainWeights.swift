/// Positions of a sequence that come from one domain.
package struct DomainRange: Sendable, Equatable {
    package let range: Range<Int>
    /// Empty for none.
    package let domain: String

    package init(range: Range<Int>, domain: String) {
        self.range = range
        self.domain = domain
    }
}

/// A control: 1 + epsilon on documents of one domain, 1 - epsilon on all others. A mixture knob, with no teacher.
package struct DomainWeights: TokenWeighting {
    package static let name = "domain"

    package var name: String { Self.name }
    package let options: TokenWeightingOptions
    package var studentSource: StudentSource { .none }
    package var needsTeacher: Bool { false }
    package var needsDomains: Bool { true }

    package init(_ options: TokenWeightingOptions) {
        self.options = options
    }

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
    package static let name = "domain-matched"

    package var name: String { Self.name }
    package let options: TokenWeightingOptions
    package var studentSource: StudentSource { .current }
    package var needsTeacher: Bool { true }
    package var needsDomains: Bool { true }

    package init(_ options: TokenWeightingOptions) {
        self.options = options
    }

    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        try weights(together: [sequence])[0]
    }

    /// Sums in f64 in the order of sequences and positions.
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
