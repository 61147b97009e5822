/// Scope of the mean that is subtracted from the log-prob differences: the whole sequence, as in the paper, or each document of it.
package enum Centering: String, CaseIterable, Sendable {
    case sequence, document
}

/// Settings of a weighting. Each weighting ignores what it has no use for.
package struct TokenWeightingOptions: Equatable, Sendable {
    /// Clip of the paper: weights from 0.8 to 1.2.
    package static let defaultEpsilon = 0.2
    /// Share of tokens that rho1 keeps where nothing is said.
    package static let defaultKeepFraction = 0.6

    /// Half-width of the clip, 0...1: weights lie within 1 - epsilon ... 1 + epsilon. 0 makes every weight 1, 1 clips nothing.
    package let epsilon: Double
    /// Scope of the mean log-prob difference. Read by remit and remit-static, and by the controls that start from remit's weights.
    package let centering: Centering
    /// Share of a sequence's scored positions that rho1 keeps, above 0 and up to 1; their number is rounded up.
    package let keepFraction: Double
    /// Seed of the permutation that the control `random` applies to remit's weights.
    package var permutationSeed: UInt64 = 0
    /// Domain whose tokens the control `domain` weighs 1 + epsilon; all others weigh 1 - epsilon.
    package var raisedDomain = "reasoning"

    /// Checks the ranges, so that options that exist are within them.
    ///
    /// - Parameters:
    ///   - epsilon: 0...1.
    ///   - keepFraction: above 0, up to 1.
    /// - Throws: `TokenWeightError.optionOutOfRange`, which names the option as the wire does.
    package init(
        epsilon: Double = defaultEpsilon, centering: Centering = .sequence,
        keepFraction: Double = defaultKeepFraction
    ) throws {
        guard (0...1).contains(epsilon) else {
            throw TokenWeightError.optionOutOfRange(name: "epsilon", expected: "a number from 0 to 1", got: epsilon)
        }
        guard keepFraction > 0, keepFraction <= 1 else {
            throw TokenWeightError.optionOutOfRange(
                name: "keep_fraction", expected: "a number above 0 and up to 1", got: keepFraction)
        }
        self.epsilon = epsilon
        self.centering = centering
        self.keepFraction = keepFraction
    }

    /// Lower bound of the clip, 1 - epsilon, rounded to f32 as the weights are: a weight that was clipped equals it exactly.
    package var lowestWeight: Float { Float(1 - epsilon) }
    /// Upper bound of the clip, 1 + epsilon, rounded to f32 as the weights are: a weight that was clipped equals it exactly.
    package var highestWeight: Float { Float(1 + epsilon) }

    private init() {
        epsilon = Self.defaultEpsilon
        centering = .sequence
        keepFraction = Self.defaultKeepFraction
    }

    /// Options of the paper: epsilon 0.2, the mean over the sequence; rho1 keeps 0.6.
    package static let standard = TokenWeightingOptions()
}
