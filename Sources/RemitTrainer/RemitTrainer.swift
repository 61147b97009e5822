import ArgumentParser
import Foundation

@main
package struct RemitTrainer: AsyncParsableCommand {
    static let version = "0.1.0"

    package init() {}

    package static let configuration = CommandConfiguration(
        commandName: "remit-trainer",
        abstract: "The client side of RL-guided mid-training: anneals a student with token weights from a teacher.",
        discussion: """
            Every option can also be given in the environment: --learning-rate as REMIT_LEARNING_RATE, lists separated by commas, \
            switches as true or false. A flag wins over the environment.

            Exit status: 0 done, 1 an error that is said in one line, 130 stopped by Ctrl-C with the state saved.
            """,
        version: version,
        subcommands: [AnnealCommand.self, PretrainCommand.self, EvaluateCommand.self, WeightsCommand.self])

    package static func main() async {
        do {
            let arguments = try completedArguments(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func completedArguments(_ arguments: [String]) throws -> [String] {
        guard let command = arguments.first, let options = try ArgumentCatalog(Self.self).options(of: command) else {
            return arguments
        }
        let sources = ArgumentSources(options: options)
        let completed = try sources.completed(arguments, environment: ProcessInfo.processInfo.environment)
        guard command == PretrainCommand.configuration.commandName else { return completed }
        return try PretrainCommand.completed(completed, sources)
    }

    private static func end(with error: any Error) -> Never {
        if error is Interrupted { Foundation.exit(130) }
        guard exitCode(for: error).isSuccess == false else { exit(withError: error) }
        FileHandle.standardError.write(Data("remit-trainer: \(message(for: error))\n".utf8))
        Foundation.exit(1)
    }
}
