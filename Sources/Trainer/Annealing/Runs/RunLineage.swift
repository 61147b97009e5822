import Coding
import Foundation
import Training

/// `remit.json` of an annealing or pretraining: what its student was made from and on.
package struct RunLineage: Codable {
    private let program: String
    private let version: String
    private let command: String
    private let student: String
    private let corpus: [String]
    private let mix: [MixSource]?
    private let phases: [MixPhase]?
    private let teacher: String?
    /// Names of the teachers of one domain each, by the domain's name; nil where there are none.
    private let domainTeachers: [String: String]?
    private let servers: [String]?
    private let logprobsFrom: String?
    private let weightsAt: String?
    /// Steps that were done when the student was written.
    package let steps: Int
    /// Steps of plain next-token loss, for want of an answer: "1-12, 40"; nil where there are none.
    private let nextTokenSteps: String?
    private let tokens: Int
    private let scoredTokens: Int
    private let skippedSteps: Int
    private let optimizerUpdates: Int
    private let fingerprints: RunInputs
    private let changes: [InputChange]
    private let scoresFingerprint: String?
    private let domainScoresFingerprints: [String: String]?
    private let ignoredConfigFields: [String]?
    /// True where the parameters are the moving average of the student's; else nil.
    private let movingAverage: Bool?
    /// Lowest held-out loss so far; nil where the run does not ask for it.
    private let lowestHeldOutLoss: LowestHeldOutLoss?
    /// Names of the kernels on which the steps were computed.
    package let kernelPath: String
    private let numericsVersion: Int?
    private let options: AnnealingOptions

    /// - Parameters:
    ///   - isMovingAverage: whether the parameters are the student's moving average.
    ///   - state: of the run when the student is written.
    package init(
        version: String, command: String, student: String, corpus: [String], mix: [MixSource]?,
        phases: [MixPhase]? = nil,
        teacher: String?, domainTeachers: [String: String]? = nil,
        servers: [String]?, logprobsFrom: String?, weightsAt: String?, ignoredConfigFields: [String]?,
        isMovingAverage: Bool = false, state: RunState
    ) {
        nextTokenSteps = state.nextTokenSteps?.description
        movingAverage = isMovingAverage ? true : nil
        lowestHeldOutLoss = state.lowestHeldOutLoss
        program = "remit-trainer"
        self.version = version
        self.command = command
        self.student = student
        self.corpus = corpus
        self.mix = mix
        self.phases = phases
        self.teacher = teacher
        self.domainTeachers = domainTeachers
        self.servers = servers
        self.logprobsFrom = logprobsFrom
        self.weightsAt = weightsAt
        self.ignoredConfigFields = ignoredConfigFields
        steps = state.step
        tokens = state.tokens
        scoredTokens = state.scoredTokens
        skippedSteps = state.skippedSteps
        optimizerUpdates = state.updates
        fingerprints = state.inputs
        changes = state.changes
        scoresFingerprint = state.scoresFingerprint
        domainScoresFingerprints = state.domainScoresFingerprints
        kernelPath = state.kernelPath
        numericsVersion = state.numericsVersion
        options = state.options
    }

    /// Reads the lineage of the finished student in a directory.
    ///
    /// - Throws: `TrainingError.fileFailed` where there is none, `StateCodingError` where it is none.
    package init(in directory: String) throws {
        let path = directory + "/" + RunDirectory.lineageName
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw TrainingError.fileFailed(path: path, reason: "it is not there")
        }
        self = try StateCoding.description.value(from: contents)
    }
}
