/// `remit` against the frozen base in place of the current student: the weights of a token never change, and a server
/// that holds the base can make them alone.
package struct StaticReMiT: TokenWeighting {
    package static let name = "remit-static"

    package var name: String { Self.name }
    package let options: TokenWeightingOptions
    package var studentSource: StudentSource { .base }
    package var needsTeacher: Bool { true }

    package init(_ options: TokenWeightingOptions) {
        self.options = options
    }

    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name))
    }
}
