import Corpora
import Training
import Transformers

/// What a run was started with, by fingerprint. All must be the same when it is resumed, unless a change is allowed.
package struct RunInputs: Sendable, Equatable, Codable {
    /// Model fingerprint of the student before the first step.
    package var student: String
    /// Fingerprint of the tokenizer, in hexadecimal.
    package var tokenizer: String
    /// Fingerprint of the training corpus: of its documents, whatever their order and files; of a mix also of its sources' names and
    /// weights.
    package var corpus: String
    /// Fingerprint of which document is of which domain; nil where a run does not tell domains apart, and in states of before it was kept.
    package var domains: String?
    /// Fingerprint of the held-out corpus; nil where there is none.
    package var evaluationCorpus: String?
    /// Model fingerprint of the teacher: that of every document, or of those whose domain has none of its own; nil for plain next-token
    /// loss.
    package var teacher: String?
    /// Model fingerprints of the teachers of one domain each, by the domain's name: `unanswered` before a server has said one. nil where
    /// there are none.
    package var domainTeachers: [String: String]?
    /// Id of the student's padding token, whose row of the embedding learns nothing from being looked up, or `none`; nil in states of before
    /// it was kept.
    package var padding: String?
    /// Fingerprint of the checkpoint whose optimizer state was continued; nil where it was fresh.
    package var optimizer: String?

    /// Stands for the fingerprint of a teacher of one domain that no server has said yet.
    package static let unanswered = "not yet known"

    package init(
        student: String, tokenizer: String, corpus: String, domains: String? = nil, evaluationCorpus: String?,
        teacher: String?,
        domainTeachers: [String: String]? = nil, padding: String? = nil, optimizer: String? = nil
    ) {
        self.padding = padding
        self.domainTeachers = domainTeachers
        self.student = student
        self.tokenizer = tokenizer
        self.corpus = corpus
        self.domains = domains
        self.evaluationCorpus = evaluationCorpus
        self.teacher = teacher
        self.optimizer = optimizer
    }
}

/// All of a run's state but the parameters and the optimizer's moments, which lie beside it in the same file. There is no hidden random
/// state: the corpus order is a function of the seed and the cursor.
package struct RunState: Sendable, Equatable, ResumableState {
    /// An annealing, or a pretraining.
    package static let kind = RunKind.annealing
    /// Form of the state that this program writes; a checkpoint with another one is refused.
    package static let currentFormat = 2

    /// Form in which this state was written.
    package var format = Self.currentFormat
    /// Steps that are done.
    package var step: Int
    /// Place in the corpus of the next step's first window.
    package var cursor: DataCursor
    /// Tokens of all steps that are done, scored or not, skipped steps included.
    package var tokens: Int
    /// Scored tokens of all steps that are done, skipped steps included.
    package var scoredTokens: Int
    /// Updates that the optimizer made, those of a run that it continues included: its bias correction depends on them.
    package var updates: Int
    /// Steps without an update, because they were spikes.
    package var skippedSteps: Int
    /// Steps of plain next-token loss, since no server answered; nil where there are none, and in states of before they were kept.
    package var nextTokenSteps: StepRanges?
    /// Losses and gradient norms of the last steps, against which the next one is held; empty where spikes are not asked for.
    package var spikes: SpikeWindow
    /// Lowest loss of the held-out corpus so far; nil before the first one by it, and where the run does not ask for it.
    package var lowestHeldOutLoss: LowestHeldOutLoss?
    /// Steps that were done when the last held-out loss was taken; nil before the first one, and in states of before it was kept.
    package var lastEvaluation: Int?
    /// Options of the run, the same from its first step to its last.
    package var options: AnnealingOptions
    /// Fingerprints of what the run was started with, or was last resumed with.
    package var inputs: RunInputs
    /// Names of the kernels, and of the OpenBLAS core where it is used, on which the last bits of a run depend.
    package var kernelPath: String
    /// `Precision.trainingNumericsVersion` of the program that computed the steps; runs of before it was kept have none.
    package var numericsVersion: Int? = Precision.trainingNumericsVersion
    /// Scores fingerprint of the teacher's answers so far, of several the one that came first since the run was started or resumed; nil
    /// before the first one, and without a teacher.
    package var scoresFingerprint: String?
    /// Scores fingerprints of the teachers of one domain each, by the domain's name; nil where none has answered.
    package var domainScoresFingerprints: [String: String]?
    /// Changes that the run was allowed when it was resumed, and scores that were mixed on the way, in their order.
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

/// A checkpoint of an annealing.
package typealias SavedRun = SavedTraining<RunState>

extension RunStateStore {
    /// The last checkpoint of the annealing at a path: its output directory, the folder of its checkpoints, or one of them.
    ///
    /// - Throws: `TrainingError.fileFailed` where there is none, and what a damaged one throws.
    package static func savedRun(_ path: String) throws -> SavedRun { try savedTraining(RunState.self, at: path) }
}
