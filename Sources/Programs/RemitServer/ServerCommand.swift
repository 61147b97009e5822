import ArgumentParser
import CommandLines

/// The program `remit-server`.
@main
package struct ServerCommand: ParsableCommand {
    /// Name, help and subcommands; `serve` is meant where none is named.
    package static let configuration = CommandConfiguration(
        commandName: "remit-server",
        abstract: "Serves a frozen teacher's log-probs and token weights over HTTP.",
        discussion: """
            Without a subcommand it serves: `remit-server --model DIR` is `remit-server serve --model DIR`, and `remit-server serve \
            --help` lists the flags. Every flag can also be given in the environment: --max-batch-tokens as \
            REMIT_MAX_BATCH_TOKENS, switches as true or false. A flag wins over the environment.

            Exit status: 64 a command line that is refused, 1 another error; both are said in one line.
            """,
        version: ProgramVersion.current,
        subcommands: [ServeCommand.self, ScoreCommand.self, StoreCommand.self, FingerprintCommand.self],
        defaultSubcommand: ServeCommand.self)

    package init() {}

    /// Runs the program: the environment completes the arguments; an error ends it with one line on standard error.
    package static func main() {
        do {
            var command = try parseAsRoot(completedArguments())
            try command.run()
        } catch {
            end(with: error)
        }
    }
}
