import ArgumentParser
import Formats
import Foundation

extension ParsableCommand {
    /// The process's own arguments with what the environment adds to them.
    /// - Parameter more: what else completes them: a configuration file, say.
    package static func completedArguments(
        _ arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        more: (ArgumentCatalog.Command, ArgumentSources, [String]) throws -> [String] = { $2 }
    ) throws -> [String] {
        guard let command = try ArgumentCatalog(Self.self).command(of: arguments) else { return arguments }
        let sources = ArgumentSources(options: command.options)
        return try more(command, sources, sources.completed(arguments, environment: environment))
    }

    /// Ends the program with one line on standard error (none for a bare exit code); help and version end it with theirs, on
    /// standard output.
    package static func end(with error: any Error, status: (any Error) -> Int32) -> Never {
        guard !exitCode(for: error).isSuccess else { exit(withError: error) }
        let reason = Format.printable(message(for: error))
        if !reason.isEmpty { FileHandle.standardError.write(Data("\(_commandName): \(reason)\n".utf8)) }
        Foundation.exit(status(error))
    }
}
