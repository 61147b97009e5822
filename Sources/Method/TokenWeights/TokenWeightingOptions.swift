/// Over what the mean of the log-prob differences is taken.
package enum Centering: String, CaseIterable, Sendable {
    case sequence, document
}

/// What a weighting may be told. Each ignores what it has no use for.
package struct TokenWeightingOptions: Equatable, Sendable {
    package static let defaultEpsilon = 0.2
    package static let defaultKeepFraction = 0.6

    /// Weights are clipped to 1 - epsilon ... 1 + epsilon; 0 makes every weight 1, 1 clips nothing.
    package let epsilon: Double
    package let centering: Centering
    /// The share of a sequence's scored positions that rho1 keeps.
    package let keepFraction: Double
    /// Of the control `random`.
    package var permutationSeed: UInt64 = 0
    /// The domain that the control `domain` raises.
    package var raisedDomain = "reasoning"

    /// epsilon within 0...1, keepFraction above 0 and up to 1.
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

    /// The bounds of the clip, rounded as the weights are.
    package var lowestWeight: Float { Float(1 - epsilon) }
    package var highestWeight: Float { Float(1 + epsilon) }

    private init() {
        epsilon = Self.defaultEpsilon
        centering = .sequence
        keepFraction = Self.defaultKeepFraction
    }

    package static let standard = TokenWeightingOptions()
}
