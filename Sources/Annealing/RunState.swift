import Corpora

/// Fingerprints of what a run was started with. All must be the same when it is resumed.
package struct RunInputs: Sendable, Equatable, Codable {
    /// Model fingerprint of the student before the first step.
    package var student: String
    package var tokenizer: String
    package var corpus: String
    package var evaluationCorpus: String?
    /// Model fingerprint of the teacher; nil for plain next-token loss.
    package var teacher: String?

    package init(student: String, tokenizer: String, corpus: String, evaluationCorpus: String?, teacher: String?) {
        self.student = student
        self.tokenizer = tokenizer
        self.corpus = corpus
        self.evaluationCorpus = evaluationCorpus
        self.teacher = teacher
    }
}

/// All of a run's state but the weights and the optimizer's moments, which lie beside it in the same file. There is no hidden random
/// state: the corpus order is a function of the seed and the cursor.
package struct RunState: Sendable, Equatable, Codable {
    package static let currentFormat = 1

    package var format = Self.currentFormat
    /// Steps that are done.
    package var step: Int
    package var cursor: DataCursor
    package var tokens: Int
    package var scoredTokens: Int
    package var options: AnnealingOptions
    package var inputs: RunInputs
    package var kernelPath: String
    /// What the teacher's answers said they were made by; nil before the first answer.
    package var scoresFingerprint: String?

    /// The state before the first step.
    package init(options: AnnealingOptions, inputs: RunInputs, kernelPath: String) {
        step = 0
        cursor = DataCursor()
        tokens = 0
        scoredTokens = 0
        self.options = options
        self.inputs = inputs
        self.kernelPath = kernelPath
        scoresFingerprint = nil
    }
}
