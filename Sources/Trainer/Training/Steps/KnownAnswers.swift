/// Answers that are known already, the same at every step: of a sample, or of a fake.
package struct KnownAnswers<Answer: Sendable>: StepSource {
    private let known: Answer
    /// Scores fingerprint that the answers have; nil where they have none.
    package let scoresFingerprint: String?

    package init(_ known: Answer, scoresFingerprint: String? = nil) {
        self.known = known
        self.scoresFingerprint = scoresFingerprint
    }

    /// Does nothing.
    package func request(_ batch: StepBatch) {}

    /// What is known, whatever the step.
    package func answer(_ batch: StepBatch) -> Answer { known }
}
