import Corpora

/// A source of the frozen teacher's log-probs: a server, files, or a fake.
package protocol TeacherLogProbSource: Sendable {
    /// Announces a step; returns at once. Steps are announced in order, several before they are needed, so that the answer is there
    /// when the step begins.
    func request(_ batch: StepBatch)

    /// The natural log-prob of every token of every window of an announced step; NaN at the first token of each segment. Waits for it.
    func logProbs(_ batch: StepBatch) throws -> [[Float]]  // [windows][T]

    /// The scores fingerprint of what was answered so far; nil before the first answer.
    var scoresFingerprint: String? { get }
}
