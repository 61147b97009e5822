import Coding
import System
import Training

/// `run.json` of a reinforcement: what it was started as, written before its first step and not when it is resumed. (`remit.json` is written
/// behind the finished checkpoint.)
package struct ReinforcementDescription: Encodable {
    private let version: String
    private let command: String
    private let student: String
    private let textDirectory: String
    private let prompts: String?
    private let threads: Int
    private let fingerprints: ReinforcementInputs
    private let kernelPath: String
    private let options: ReinforcementOptions

    /// - Parameters:
    ///   - student: directory of the checkpoint that the run starts from.
    ///   - textDirectory: absolute path of the tokenizer's directory.
    ///   - prompts: as they were given; nil: problems of the task families.
    ///   - threads: worker threads.
    ///   - state: of the run before the step that comes next.
    package init(
        version: String, student: String, textDirectory: String, prompts: String?, threads: Int,
        state: ReinforcementState
    ) {
        command = "reinforce"
        self.version = version
        self.student = student
        self.textDirectory = textDirectory
        self.prompts = prompts
        self.threads = threads
        fingerprints = state.inputs
        kernelPath = state.kernelPath
        options = state.options
    }

    /// Writes the file into a run's directory, whole or not at all.
    ///
    /// - Throws: `SystemError`.
    package func write(to directory: RunDirectory) throws {
        try AtomicFile.write(directory.descriptionPath, contents: StateCoding.description.line(self))
    }
}
