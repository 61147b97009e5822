import ArgumentParser

/// A program with a default subcommand, a nested one, a list, a switch and a positional argument.
struct SampleProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", version: "1", subcommands: [Serve.self, Store.self], defaultSubcommand: Serve.self)

    struct Serve: ParsableCommand {
        @Option var maxTokens = 5
        @Option(parsing: .upToNextOption) var corpus: [String] = []
        @Flag var insecure = false
    }

    struct Store: ParsableCommand {
        static let configuration = CommandConfiguration(subcommands: [Verify.self])

        struct Verify: ParsableCommand {
            @Argument var directory: String
            @Flag var remove = false
        }
    }
}
