/// A control: 2 - w for the w of `remit`, so that what the teacher favours counts less. Since 2 - 2 sigmoid(x) = 2 sigmoid(-x), it is
/// remit with teacher and student changed about.
package struct InvertedReMiT: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "remit-inverted"

    /// Options, of which epsilon and centering are read.
    package let options: Weighting
    /// The student at this step, as for remit.
    package var studentSource: StudentSource { .current }
    /// True: a weight compares the teacher's log-prob with the student's.
    package var needsTeacher: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights clip(2 sigmoid(mean delta - delta)), where delta is teacher minus student. Equal log-probs give exactly 1.
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name).map(-))
    }
}
