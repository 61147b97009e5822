import ArgumentParser
import Foundation
import JSONValues

/// The options of each command as the parser itself lists them, so that an environment variable or a configuration key exists
/// for every option, and for a new one without further work.
package struct ArgumentCatalog {
    /// A flag that takes a value, or a switch; `--help` and `--version` are none.
    package struct Option: Equatable, Sendable {
        /// The long name without the dashes.
        package var name: String
        /// Whether the option takes a value; false for a switch.
        package var takesValue: Bool
        /// Whether the option may be given several times: its values make a list.
        package var repeats: Bool

        /// The environment variable that stands for the option: `REMIT_MAX_BATCH_TOKENS` for `max-batch-tokens`.
        package var environmentName: String { "REMIT_" + name.replacingOccurrences(of: "-", with: "_").uppercased() }
    }

    /// A command that runs: one without subcommands.
    package struct Command: Equatable, Sendable {
        /// The names from the first subcommand down; empty for a program without any.
        package var path: [String]
        /// The options of the command, in the order of `--help`.
        package var options: [Option]
    }

    let root: any ParsableCommand.Type

    package init(_ root: any ParsableCommand.Type) { self.root = root }

    /// Every command that runs, in the order of declaration.
    package func commands() throws -> [Command] { try Self.leaves(root, []) }

    /// The command that a command line starts with, default subcommands filled in; nil where there is none of that name, or
    /// where the line ends before it is named.
    package func command(of arguments: [String]) throws -> Command? {
        var entry = root
        var path: [String] = []
        var rest = arguments[...]
        while !entry.configuration.subcommands.isEmpty {
            if let named = entry.configuration.subcommands.first(where: { $0._commandName == rest.first }) {
                rest = rest.dropFirst()
                entry = named
            } else if let standard = entry.configuration.defaultSubcommand {
                entry = standard
            } else {
                return nil
            }
            path.append(entry._commandName)
        }
        return Command(path: path, options: try Self.options(entry))
    }

    private static func leaves(_ entry: any ParsableCommand.Type, _ path: [String]) throws -> [Command] {
        let subcommands = entry.configuration.subcommands
        guard !subcommands.isEmpty else { return [Command(path: path, options: try options(entry))] }
        return try subcommands.flatMap { try leaves($0, path + [$0._commandName]) }
    }

    static func options(_ command: any ParsableCommand.Type) throws -> [Option] {
        try JSONReader.read(Array(command._dumpHelp().utf8)) { try $0.dumpedOptions() }
    }
}

/// What the parser's own dump of a command's help says of its options.
extension JSONReader {
    fileprivate mutating func dumpedOptions() throws -> [ArgumentCatalog.Option] {
        var options: [ArgumentCatalog.Option] = []
        try members("command") {
            try $0.members("arguments") { try $0.array { reader, _ in try reader.option().map { options.append($0) } } }
        }
        return options
    }

    private mutating func option() throws -> ArgumentCatalog.Option? {
        var (kind, repeats, name) = ("", false, String?.none)
        try object { reader, key in
            switch key {
            case "kind": kind = try reader.string()
            case "isRepeating": repeats = try reader.bool()
            case "names": try reader.array { reader, _ in name = try reader.longName() ?? name }
            default: try reader.skip()
            }
        }
        guard let name, !["help", "version"].contains(name) else { return nil }
        return ArgumentCatalog.Option(name: name, takesValue: kind == "option", repeats: repeats)
    }

    /// nil: another kind of name.
    private mutating func longName() throws -> String? {
        var (kind, name) = ("", "")
        try object { reader, key in
            switch key {
            case "kind": kind = try reader.string()
            case "name": name = try reader.string()
            default: try reader.skip()
            }
        }
        return kind == "long" ? name : nil
    }

    private mutating func members(_ wanted: String, _ body: (inout JSONReader) throws -> Void) throws {
        try object { reader, key in
            if key == wanted { try body(&reader) } else { try reader.skip() }
        }
    }
}
