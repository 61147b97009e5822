/// ReMiT against the frozen base in place of the current student: the weights of a token never change, and a server that holds the
/// base can make them alone.
package struct StaticReMiT: TokenWeighting {
    /// Word for this weighting on the command line, on the wire and in answers.
    package static let name = "remit-static"

    /// Options, of which epsilon and centering are read.
    package let options: Weighting
    /// The frozen base: its log-probs, as the teacher's, can be kept for ever.
    package var studentSource: StudentSource { .base }
    /// True: a weight compares the teacher's log-prob with the base's.
    package var needsTeacher: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights clip(2 sigmoid(delta - mean delta)), where delta is teacher minus base. Base equal to teacher gives exactly 1.
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name))
    }
}
