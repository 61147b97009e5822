/// Whose log-probs a weighting sets against the teacher's.
package enum StudentSource: String, Sendable {
    /// The student as it is at this step.
    case current
    /// The frozen base, as it was before the first step.
    case base
    /// Nobody's.
    case none
}

/// How much each token's loss counts, from the log-probs of the tokens that are there. A weight is a constant for the
/// gradient, and depends on its own sequence alone.
package protocol TokenWeighting: Sendable {
    var name: String { get }
    var options: TokenWeightingOptions { get }
    var studentSource: StudentSource { get }
    var needsTeacher: Bool { get }
    /// What the loss of a sequence with `scoredTokens` scored positions is divided by.
    func keptTokens(ofScored scoredTokens: Int) -> Int
    func weights(_ sequence: LogProbSequence) throws -> WeightedSequence
}

extension TokenWeighting {
    package var needsStudent: Bool { studentSource != .none }
    package func keptTokens(ofScored scoredTokens: Int) -> Int { scoredTokens }
}

/// The weightings by name. A new one is a file and a line here.
package enum TokenWeightings {
    private static let table: [(name: String, make: @Sendable (TokenWeightingOptions) -> any TokenWeighting)] = [
        (ReMiT.name, ReMiT.init),
        (StaticReMiT.name, StaticReMiT.init),
        (NextTokenPrediction.name, NextTokenPrediction.init),
        (Rho1.name, Rho1.init),
    ]

    package static let defaultName = ReMiT.name

    package static var names: [String] { table.map(\.name) }

    package static func named(_ name: String, options: TokenWeightingOptions = .standard) throws -> any TokenWeighting {
        guard let entry = table.first(where: { $0.name == name }) else {
            throw TokenWeightError.unknownWeighting(got: name, known: names)
        }
        return entry.make(options)
    }
}
