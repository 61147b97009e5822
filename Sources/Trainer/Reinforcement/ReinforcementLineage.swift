import Training

/// `remit.json` of a reinforcement: what its student was made from and on.
package struct ReinforcementLineage: Encodable {
    private let program: String
    private let version: String
    private let command: String
    private let student: String
    private let prompts: String?
    private let steps: Int
    private let updates: Int
    private let tokens: Int
    private let fingerprints: ReinforcementInputs
    private let changes: [InputChange]
    private let ignoredConfigFields: [String]?
    private let movingAverage: Bool?
    private let kernelPath: String
    private let numericsVersion: Int?
    private let options: ReinforcementOptions

    /// - Parameters:
    ///   - isMovingAverage: whether the parameters are the student's moving average.
    ///   - state: of the run when the student is written.
    package init(
        version: String, student: String, prompts: String?, ignoredConfigFields: [String]?,
        isMovingAverage: Bool = false, state: ReinforcementState
    ) {
        movingAverage = isMovingAverage ? true : nil
        program = "remit-trainer"
        command = "reinforce"
        self.version = version
        self.student = student
        self.prompts = prompts
        self.ignoredConfigFields = ignoredConfigFields
        steps = state.step
        updates = state.updates
        tokens = state.tokens
        fingerprints = state.inputs
        changes = state.changes
        kernelPath = state.kernelPath
        numericsVersion = state.numericsVersion
        options = state.options
    }
}
