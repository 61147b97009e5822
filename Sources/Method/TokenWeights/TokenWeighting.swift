/// Owner of the log-probs that a weighting sets against the teacher's.
package enum StudentSource: String, Sendable {
    /// The student as it is at this step.
    case current
    /// The frozen base, as it was before the first step.
    case base
    /// Nobody: the weighting reads no student log-probs.
    case none
}

/// A rule for how much each token's loss counts, from the log-probs of the tokens that are there. A weight is a constant for the
/// gradient, and depends on its own sequence alone (a control may differ: `weights(together:)`).
package protocol TokenWeighting: Sendable {
    /// Word for the weighting on the command line, on the wire and in answers; unique among `TokenWeightings`.
    static var name: String { get }
    /// Makes it with these options, some of which it may ignore.
    init(_ options: Weighting)
    /// Options the weighting was made with, also those that it ignores. An answer repeats them.
    var options: Weighting { get }
    /// Whose log-probs belong in `LogProbSequence.student`. Those of another give plausible weights of another method.
    var studentSource: StudentSource { get }
    /// Whether `LogProbSequence.teacher` is read; false: a run needs no server and no stored log-probs for its weights.
    var needsTeacher: Bool { get }
    /// Number that the loss of a sequence with `scoredTokens` scored positions is divided by.
    func keptTokens(ofScored scoredTokens: Int) -> Int
    /// Whether a scored token can have this weight, whatever the log-probs are: the check of an answer from elsewhere.
    func allows(_ weight: Float) -> Bool
    /// Whether `LogProbSequence.domains` is read.
    var needsDomains: Bool { get }
    /// Whether `LogProbSequence.teacherEntropies` is read.
    var needsEntropies: Bool { get }
    /// Weights of one sequence, weighed alone. [T]; 0 where not scored.
    ///
    /// - Throws: `TokenWeightError` where log-probs or domains that the weighting reads are missing or not finite.
    func weights(_ sequence: LogProbSequence) throws -> WeightedSequence
    /// Weights of several sequences of one step, in their order; a trainer gives the windows of a micro-batch. Only a control makes
    /// one depend on the others.
    ///
    /// - Throws: `TokenWeightError`, as for one sequence.
    func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence]
}

extension TokenWeighting {
    /// The word for this weighting, as its type has it.
    package var name: String { Self.name }
    /// Whether `LogProbSequence.student` is read, be it the current student's or the base's.
    package var needsStudent: Bool { studentSource != .none }
    /// False unless a control says otherwise: a weight does not depend on where its text comes from.
    package var needsDomains: Bool { false }
    /// False but for a weighting of one's own that says otherwise.
    package var needsEntropies: Bool { false }
    /// Whether a weight lies within the clip, 1 - epsilon ... 1 + epsilon in f32, both bounds included. NaN does not.
    package func allows(_ weight: Float) -> Bool { (options.lowestWeight...options.highestWeight).contains(weight) }
    /// Weights of each sequence by itself: what holds for every weighting but a control.
    package func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence] {
        try sequences.map(weights)
    }
    /// All scored positions: a weighting that drops none divides by their number, not by the sum of the weights.
    package func keptTokens(ofScored scoredTokens: Int) -> Int { scoredTokens }
}

/// Table of the weightings by name. A new one is a file and a line here.
package enum TokenWeightings {
    private static let table: [any TokenWeighting.Type] = [
        ReMiT.self, StaticReMiT.self, NextTokenPrediction.self, Rho1.self,
    ]

    /// Controls of an experiment: a trainer has them, a server does not.
    private static let controls: [any TokenWeighting.Type] = [
        RandomReMiT.self, MatchedRandomReMiT.self, DomainWeights.self, DomainMatched.self, StudentLossWeights.self,
        InvertedReMiT.self,
    ]

    /// Weighting of a run that names none.
    package static let defaultName = ReMiT.name

    /// Names a server takes, the default first: every weighting but the controls.
    package static var names: [String] { table.map { $0.name } }
    /// Names only a trainer takes: the controls, whose weights need domains, a seed or other sequences.
    package static var controlNames: [String] { controls.map { $0.name } }

    /// The weighting of this name with the usual options.
    ///
    /// - Throws: `TokenWeightError.unknownWeighting`.
    package static func named(_ name: String) throws -> any TokenWeighting { try Weighting(name).make() }

    /// The weighting of a name, made with these options.
    ///
    /// - Parameter withControls: whether an experiment's controls are among those known; false on a server.
    /// - Throws: `TokenWeightError.unknownWeighting`, which lists the names that are known.
    static func make(_ weighting: Weighting, withControls: Bool) throws -> any TokenWeighting {
        let known = withControls ? table + controls : table
        guard let made = known.first(where: { $0.name == weighting.name }) else {
            // A run has programs beside the controls.
            let names = known.map { $0.name } + (withControls ? ["program=COMMAND"] : [])
            throw TokenWeightError.unknownWeighting(got: weighting.name, known: names)
        }
        return made.init(weighting)
    }
}
