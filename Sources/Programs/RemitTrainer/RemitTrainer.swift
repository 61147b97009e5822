import ArgumentParser
import CommandLines
import Foundation

/// The program `remit-trainer`.
@main
package struct RemitTrainer: AsyncParsableCommand {
    package init() {}

    /// Name, help and subcommands; one must be named.
    package static let configuration = CommandConfiguration(
        commandName: "remit-trainer",
        abstract: "The client side of RL-guided mid-training: anneals a student with token weights from a teacher.",
        discussion: """
            Every option can also be given in the environment: --learning-rate as REMIT_LEARNING_RATE, lists separated by commas, \
            switches as true or false. A flag wins over the environment.

            Exit status: 0 done, 64 a command line that is refused, 1 another error; both are said in one line. 130 stopped by Ctrl-C, \
            SIGTERM, SIGHUP or SIGUSR1 with the state saved. A second signal, a second or more after the first, ends at once with status 1: \
            what the last checkpoint has not is lost.
            """,
        version: ProgramVersion.current,
        subcommands: [
            AnnealCommand.self, DoctorCommand.self, PretrainCommand.self, ReinforceCommand.self, EvaluateCommand.self,
            AverageCommand.self, ReportCommand.self, VerifyCommand.self, WeightsCommand.self, TasksCommand.self,
            FlywheelCommand.self,
        ])

    /// Options of one name exclude the others of their list, in whichever commands they are.
    private static let alternatives = [
        ["steps", "epochs"], ["corpus", "mix"], ["server", "logprobs-from"], ["text", "file"],
        ["resume", "resume-from"],
    ]

    /// The arguments with what the environment, and the configuration file of `pretrain`, add to them: a flag wins over the environment,
    /// the environment over the file, and so do those that exclude one another.
    ///
    /// - Throws: `ValidationError`; `RunFileError` for the file.
    package static func fullArguments(_ arguments: [String], environment: [String: String]) throws -> [String] {
        try completedArguments(arguments, environment: environment, alternatives: alternatives) {
            command, sources, arguments in
            guard command.path == [PretrainCommand.configuration.commandName] else { return arguments }
            return try PretrainCommand.completed(arguments, sources)
        }
    }

    /// Runs the program: the environment, and the configuration file of `pretrain`, complete the arguments; an error ends it with one
    /// line on standard error.
    package static func main() async {
        do {
            var command = try parseAsRoot(
                fullArguments(
                    Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            if error is Interrupted { Foundation.exit(130) }
            end(with: wrongCommandLine(error) ?? error)
        }
    }
}
