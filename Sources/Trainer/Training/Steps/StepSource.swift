/// A source of what a step needs beside its windows: the teacher's log-probs, its distributions, or token weights. A server, files, a
/// model of this process, or a fake.
package protocol StepSource<Question, Answer>: Sendable {
    /// What is asked at a step: its windows, or some of them with what the student says of them.
    associatedtype Question
    /// What comes back: one value for each window that is asked about, in their order.
    associatedtype Answer

    /// Announces a step; returns at once. Steps are announced in order, several before they are needed, so that the answer is there when
    /// the step begins.
    func request(_ batch: StepBatch)

    /// Answer to a question about a step that was announced. Waits for it.
    func answer(_ question: Question) throws -> Answer

    /// Scores fingerprint of what was answered so far; nil before the first answer.
    var scoresFingerprint: String? { get }
}
