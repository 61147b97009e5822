/// A control without a teacher: remit's arithmetic on the student's own losses. Tokens that the student finds harder than the mean of
/// the sequence count more. What is left of ReMiT's effect needs the teacher.
///
///     w_t = clip(2 sigmoid(loss_t - mean loss), 1 - epsilon, 1 + epsilon)        loss_t = -log p_S(x_t)
package struct StudentLossWeights: TokenWeighting {
    /// Word for this control on the trainer's command line; a server does not know it.
    package static let name = "student-loss"

    /// Options, of which epsilon and centering are read.
    package let options: Weighting
    /// The student at this step: its losses are all that is read.
    package var studentSource: StudentSource { .current }
    /// False: the weights need no server and no stored log-probs.
    package var needsTeacher: Bool { false }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights from the student's losses; where all are equal, exactly 1.
    ///
    /// - Throws: `TokenWeightError` where the student's log-probs are missing or a scored one is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        CenteredSigmoid(options).weights(sequence, try sequence.losses(for: name))
    }
}
