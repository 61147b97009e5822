import ArgumentParser
import Foundation
import RemitServer
import RemitTrainer

/// A command that runs, and what the parser's own dump of its help says of each flag.
struct CommandHelp {
    struct Flag {
        var help: String
        /// As the parser knows it.
        var standard: String?
        var isOptional = true
        var isPositional = false
        /// What the value is called.
        var valueName = ""
        /// The values there are, where they can be listed.
        var values: [String] = []
        /// `file` or `directory`; nil for another completion.
        var completion: String?
    }

    let program: any ParsableCommand.Type
    /// From the first subcommand down.
    let path: [String]
    let command: any ParsableCommand.Type
    /// By long name.
    let flags: [String: Flag]

    /// Of both programs.
    static let all: [CommandHelp] = [ServerCommand.self as any ParsableCommand.Type, RemitTrainer.self].flatMap {
        leaves($0, $0, [])
    }

    private static func leaves(
        _ program: any ParsableCommand.Type, _ entry: any ParsableCommand.Type, _ path: [String]
    ) -> [CommandHelp] {
        let subcommands = entry.configuration.subcommands
        guard !subcommands.isEmpty else { return [CommandHelp(program, path, entry)] }
        return subcommands.flatMap { leaves(program, $0, path + [$0._commandName]) }
    }

    private init(_ program: any ParsableCommand.Type, _ path: [String], _ command: any ParsableCommand.Type) {
        self.program = program
        self.path = path
        self.command = command
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
        flags = (dump?.command.arguments ?? []).reduce(into: [:]) { flags, argument in
            let places = Set((argument.completionKind ?? [:]).keys).intersection(["file", "directory"])
            for name in argument.names ?? [] {
                flags[name.name] = Flag(
                    help: argument.abstract ?? "", standard: argument.defaultValue, isOptional: argument.isOptional,
                    isPositional: argument.kind == "positional", valueName: argument.valueName ?? "",
                    values: argument.allValues ?? [], completion: places.first)
            }
        }
    }

    private struct Dump: Decodable {
        struct Command: Decodable { var arguments: [Argument]? }
        struct Argument: Decodable {
            struct Name: Decodable { var name: String }
            var kind: String
            var isOptional: Bool
            var names: [Name]?
            var abstract: String?
            var defaultValue: String?
            var valueName: String?
            var allValues: [String]?
            var completionKind: [String: Ignored]?
        }
        struct Ignored: Decodable { init(from _: any Decoder) {} }
        var command: Command
    }
}
