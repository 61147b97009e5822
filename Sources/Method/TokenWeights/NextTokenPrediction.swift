/// Plain next-token prediction: every scored token counts 1. Needs neither teacher nor student.
package struct NextTokenPrediction: TokenWeighting {
    package static let name = "ntp"

    package var name: String { Self.name }
    package let options: TokenWeightingOptions
    package var studentSource: StudentSource { .none }
    package var needsTeacher: Bool { false }

    package init(_ options: TokenWeightingOptions) {
        self.options = options
    }

    package func allows(_ weight: Float) -> Bool { weight == 1 }

    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        WeightedSequence(weights: sequence.scored.map { $0 ? 1 : 0 }, scored: sequence.scored)
    }
}
