import ArgumentParser
import Formats
import Foundation

extension ParsableCommand {
    /// The process's own arguments with what the environment adds to them.
    ///
    /// - Parameters:
    ///   - alternatives: names of options that exclude one another.
    ///   - more: what else completes them: a configuration file, say.
    /// - Throws: `ValidationError` for a command or a flag that there is not, and for a value of the environment that cannot be.
    package static func completedArguments(
        _ arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: [String: String] = ProcessInfo.processInfo.environment, alternatives: [[String]] = [],
        more: (ArgumentCatalog.Command, ArgumentSources, [String]) throws -> [String] = { $2 }
    ) throws -> [String] {
        let catalog = ArgumentCatalog(Self.self)
        try catalog.checkNames(arguments)
        guard let command = try catalog.command(of: arguments) else { return arguments }
        let sources = ArgumentSources(options: command.options, alternatives: alternatives)
        return try more(command, sources, sources.completed(arguments, environment: environment))
    }

    /// Ends the program: with one line on standard error (none for a bare exit code) and the status, 64 where the command line is wrong;
    /// help and version with theirs, on standard output.
    package static func end(with error: any Error) -> Never {
        let status = exitCode(for: error)
        guard !status.isSuccess else {
            print(HelpPage.fitted(fullMessage(for: error), columns: Terminal.columns(of: STDOUT_FILENO)))
            Foundation.exit(status.rawValue)
        }
        let reason = Format.printable(message(for: error))
        if !reason.isEmpty { FileHandle.standardError.write(Data("\(_commandName): \(reason)\n".utf8)) }
        Foundation.exit(status.rawValue)
    }
}
