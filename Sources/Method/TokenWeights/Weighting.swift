/// Scope of the mean that is subtracted from the log-prob differences: the whole sequence, as in the paper, or each document of it.
package enum Centering: String, CaseIterable, Codable, Sendable {
    case sequence, document
}

/// The choice of a weighting: its name and what it is told. One value for requests, flags, run options and answers; each weighting ignores
/// what it has no use for.
///
/// A value may be any, as it was asked for: `make` checks it.
package struct Weighting: Equatable, Sendable {
    /// One of `TokenWeightings.names`, or of the controls.
    package var name: String
    /// Half the width of the clip: weights lie in 1 - epsilon ... 1 + epsilon. 0...1; 0 makes every weight 1, 1 clips nothing.
    package var epsilon: Double
    /// Scope of the mean log-prob difference; of remit and remit-static, and of the controls that start from remit's weights.
    package var centering: Centering
    /// The share of a sequence's scored positions that rho1 keeps, above 0, at most 1.
    package var keepFraction: Double
    /// The domain that the control `domain` raises.
    package var raisedDomain = "reasoning"
    /// The shell's command of a weighting of one's own, `program`; nil for all others.
    package var program: String?
    /// Seed of the controls `random` and `random-matched`, which the run has; not a part of the choice as it is written.
    package var permutationSeed: UInt64 = 0

    /// By default the paper's: epsilon 0.2, the mean over the sequence; rho1 keeps 0.6. Nothing is checked.
    package init(
        _ name: String = ReMiT.name, epsilon: Double = 0.2, centering: Centering = .sequence, keepFraction: Double = 0.6
    ) {
        self.name = name
        self.epsilon = epsilon
        self.centering = centering
        self.keepFraction = keepFraction
    }

    /// Lower bound of the clip, 1 - epsilon, rounded to f32 as the weights are: a weight that was clipped equals it exactly.
    package var lowestWeight: Float { Float(1 - epsilon) }
    /// Upper bound of the clip, 1 + epsilon, rounded to f32 as the weights are: a weight that was clipped equals it exactly.
    package var highestWeight: Float { Float(1 + epsilon) }

    /// Range of the weights that scored tokens can have; nil where all are 1. Of `program` nobody knows it: this is not about that.
    package var range: ClosedRange<Double>? {
        switch name {
        case NextTokenPrediction.name: nil
        case Rho1.name: 0...1
        default: epsilon > 0 ? (1 - epsilon)...(1 + epsilon) : nil
        }
    }

    /// - Throws: `TokenWeightError.optionOutOfRange`.
    package func validate() throws {
        guard (0...1).contains(epsilon) else {
            throw TokenWeightError.optionOutOfRange(name: "epsilon", expected: "a number from 0 to 1", got: epsilon)
        }
        guard keepFraction > 0, keepFraction <= 1 else {
            throw TokenWeightError.optionOutOfRange(
                name: "keep_fraction", expected: "a number above 0 and up to 1", got: keepFraction)
        }
    }

    /// The weighting that was chosen.
    ///
    /// - Parameter withControls: whether the controls of an experiment are among those known; a server has none.
    /// - Throws: `TokenWeightError.unknownWeighting`, `.optionOutOfRange`.
    package func make(withControls: Bool = false) throws -> any TokenWeighting {
        try validate()
        return try TokenWeightings.make(self, withControls: withControls)
    }
}

/// Flat beside other options of a run, by the names that runs have had from the first on.
extension Weighting: Codable {
    private enum CodingKeys: String, CodingKey {
        case name = "weighting"
        case epsilon, centering, keepFraction, raisedDomain, program
    }
}
