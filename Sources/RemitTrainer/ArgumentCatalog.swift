import ArgumentParser
import Foundation

/// The options of each subcommand as the parser itself lists them, so that an environment variable or a configuration key exists for
/// every option, and for a new one without further work.
package struct ArgumentCatalog {
    package struct Option: Equatable, Sendable {
        /// Without the dashes.
        package var name: String
        /// False for a switch.
        package var takesValue: Bool
        package var repeats: Bool

        package var environmentName: String { "REMIT_" + name.replacingOccurrences(of: "-", with: "_").uppercased() }
    }

    private let commands: [String: [Option]]

    package init(_ root: (some ParsableCommand).Type) throws {
        let dump = try JSONDecoder().decode(Dump.self, from: Data(root._dumpHelp().utf8))
        commands = Dictionary(
            uniqueKeysWithValues: (dump.command.subcommands ?? []).map { command in
                (command.commandName, (command.arguments ?? []).compactMap(\.option))
            })
    }

    package func options(of command: String) -> [Option]? { commands[command] }

    private struct Dump: Decodable {
        var command: Command

        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?
            var arguments: [Argument]?
        }

        struct Argument: Decodable {
            var kind: String
            var isRepeating: Bool
            var names: [Name]?

            struct Name: Decodable {
                var kind: String
                var name: String
            }

            var option: Option? {
                guard let name = names?.first(where: { $0.kind == "long" })?.name, name != "help" else { return nil }
                return Option(name: name, takesValue: kind == "option", repeats: isRepeating)
            }
        }
    }
}
