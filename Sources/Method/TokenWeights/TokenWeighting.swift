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
    /// Whether a scored token can have this weight, whatever the log-probs are: what an answer from elsewhere is held against.
    func allows(_ weight: Float) -> Bool
    /// Whether `LogProbSequence.domains` is read.
    var needsDomains: Bool { get }
    func weights(_ sequence: LogProbSequence) throws -> WeightedSequence
    /// The weights of several sequences of one step. Only a control makes one depend on the others.
    func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence]
}

extension TokenWeighting {
    package var needsStudent: Bool { studentSource != .none }
    package var needsDomains: Bool { false }
    package func allows(_ weight: Float) -> Bool { (options.lowestWeight...options.highestWeight).contains(weight) }
    package func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence] {
        try sequences.map(weights)
    }
    package func keptTokens(ofScored scoredTokens: Int) -> Int { scoredTokens }
}

/// The weightings by name. A new one is a file and a line here.
package enum TokenWeightings {
    private typealias Entry = (name: String, make: @Sendable (TokenWeightingOptions) -> any TokenWeighting)

    private static let table: [Entry] = [
        (ReMiT.name, ReMiT.init),
        (StaticReMiT.name, StaticReMiT.init),
        (NextTokenPrediction.name, NextTokenPrediction.init),
        (Rho1.name, Rho1.init),
    ]

    /// Controls of an experiment: a trainer has them, a server does not.
    private static let controls: [Entry] = [
        (RandomReMiT.name, RandomReMiT.init),
        (DomainWeights.name, DomainWeights.init),
        (DomainMatched.name, DomainMatched.init),
    ]

    package static let defaultName = ReMiT.name

    package static var names: [String] { table.map(\.name) }
    package static var controlNames: [String] { controls.map(\.name) }

    package static func named(
        _ name: String, options: TokenWeightingOptions = .standard, withControls: Bool = false
    ) throws -> any TokenWeighting {
        let known = withControls ? table + controls : table
        guard let entry = known.first(where: { $0.name == name }) else {
            throw TokenWeightError.unknownWeighting(got: name, known: known.map(\.name))
        }
        return entry.make(options)
    }
}
