import Corpora
import Transformers

/// Fingerprints of what a run was started with. All must be the same when it is resumed, unless a change is allowed.
package struct RunInputs: Sendable, Equatable, Codable {
    /// Model fingerprint of the student before the first step.
    package var student: String
    package var tokenizer: String
    package var corpus: String
    package var evaluationCorpus: String?
    /// Model fingerprint of the teacher; nil for plain next-token loss.
    package var teacher: String?
    /// The checkpoint whose optimizer state was continued; nil where it was fresh.
    package var optimizer: String?

    package init(
        student: String, tokenizer: String, corpus: String, evaluationCorpus: String?, teacher: String?,
        optimizer: String? = nil
    ) {
        self.student = student
        self.tokenizer = tokenizer
        self.corpus = corpus
        self.evaluationCorpus = evaluationCorpus
        self.teacher = teacher
        self.optimizer = optimizer
    }
}

/// Something that a resumed run went on without: from `step` on it was another one.
package struct InputChange: Sendable, Equatable, Codable {
    package var step: Int
    package var what: String
    package var was: String
    package var now: String

    package init(step: Int, what: String, was: String, now: String) {
        self.step = step
        self.what = what
        self.was = was
        self.now = now
    }
}

/// All of a run's state but the weights and the optimizer's moments, which lie beside it in the same file. There is no hidden random
/// state: the corpus order is a function of the seed and the cursor.
package struct RunState: Sendable, Equatable, Codable {
    package static let currentFormat = 2

    package var format = Self.currentFormat
    /// Steps that are done.
    package var step: Int
    package var cursor: DataCursor
    package var tokens: Int
    package var scoredTokens: Int
    /// Updates that the optimizer made, those of a run that it continues included: its bias correction depends on them.
    package var updates: Int
    /// Steps without an update, because they were spikes.
    package var skippedSteps: Int
    package var spikes: SpikeWindow
    package var options: AnnealingOptions
    package var inputs: RunInputs
    package var kernelPath: String
    /// `Precision.trainingNumericsVersion` of the program that computed the steps; runs of before it was kept have none.
    package var numericsVersion: Int? = Precision.trainingNumericsVersion
    /// What the teacher's answers said they were made by; nil before the first answer.
    package var scoresFingerprint: String?
    /// What was another one when the run was resumed, and was allowed to be.
    package var changes: [InputChange]

    /// The state before the first step.
    package init(options: AnnealingOptions, inputs: RunInputs, kernelPath: String) {
        step = 0
        cursor = DataCursor()
        tokens = 0
        scoredTokens = 0
        updates = 0
        skippedSteps = 0
        spikes = SpikeWindow()
        changes = []
        self.options = options
        self.inputs = inputs
        self.kernelPath = kernelPath
        scoresFingerprint = nil
    }
}
