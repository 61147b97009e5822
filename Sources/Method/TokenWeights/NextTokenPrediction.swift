/// Plain next-token prediction: every scored token counts 1. Needs neither teacher nor student.
package struct NextTokenPrediction: TokenWeighting {
    /// Word for this weighting on the command line, on the wire and in answers.
    package static let name = "ntp"

    /// Options, none of which changes a weight here.
    package let options: Weighting
    /// None: every scored token counts the same, whoever finds it likely.
    package var studentSource: StudentSource { .none }
    /// False: the weights need no server, so that a step whose teacher is away may fall back to this weighting.
    package var needsTeacher: Bool { false }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Whether a weight is exactly 1.
    package func allows(_ weight: Float) -> Bool { weight == 1 }

    /// Weights 1 at scored positions, 0 elsewhere. The log-probs are not read, so that it throws nothing.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        WeightedSequence(weights: sequence.scored.map { $0 ? 1 : 0 }, scored: sequence.scored)
    }
}
