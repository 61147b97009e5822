import ArgumentParser
import CommandLines
import RemitServer
import Testing

struct CommandLineTests {
    private static let commands = (try? ArgumentCatalog(ServerCommand.self).commands()) ?? []

    @Test func everyCommandIsListed() {
        let paths = Set(Self.commands.map { $0.path.joined(separator: " ") })
        #expect(paths.isSuperset(of: ["serve", "store stats", "store verify", "store prune"]))
    }

    @Test func withoutASubcommandItServes() throws {
        let catalog = ArgumentCatalog(ServerCommand.self)
        #expect(try catalog.command(of: ["--model", "d"])?.path == ["serve"])
        let short = try ServerCommand.parseAsRoot(["--model", "d", "--port", "0"])
        let long = try ServerCommand.parseAsRoot(["serve", "--model", "d", "--port", "0"])
        #expect(type(of: short) == type(of: long))
    }

    @Test func aVariableOfEveryFlagIsRead() throws {
        for command in Self.commands {
            for option in command.options {
                let completed = try ServerCommand.completedArguments(
                    command.path, environment: [option.environmentName: "1"])
                #expect(completed == command.path + [option.takesValue ? "--\(option.name)=1" : "--\(option.name)"])
            }
        }
    }

    /// The store has its directory from the line, from --store, or from the variable that serve has it from.
    @Test func theStoreIsFoundAsServeFindsIt() throws {
        for action in [["stats"], ["verify", "--remove"], ["prune", "--unused-days", "3"]] {
            let line = ["store"] + action
            let environment = ["REMIT_STORE": "/stores/a"]
            let completed = try ServerCommand.completedArguments(line, environment: environment)
            #expect(completed == line + ["--store=/stores/a"])
            _ = try ServerCommand.parseAsRoot(completed)
            let refused = #expect(throws: (any Error).self) { try ServerCommand.parseAsRoot(line) }
            #expect(refused.map { ServerCommand.message(for: $0) }?.contains("REMIT_STORE") == true)
        }
        #expect(try StoreArguments.parse(["--store", "a"]).path == "a")
        #expect(try StoreArguments.parse(["b", "--store=a"]).path == "b")
    }

    /// An option's help says what it does; one with a default names it.
    @Test func helpSaysDefaultAndEffect() throws {
        let help = ServerCommand.helpMessage(for: try type(of: ServerCommand.parseAsRoot(["serve", "--model", "d"])))
        for (flag, value) in [
            ("port", "8080"), ("max-body-bytes", "64MiB"), ("precision", "f32"), ("drain-timeout", "30"),
            ("log-format", "text"),
        ] {
            let entry = try #require(help.firstRange(of: "--\(flag) "))
            #expect(help[entry.lowerBound...].prefix(300).contains("default: \(value)"), "--\(flag)")
        }
    }

    @Test(arguments: [
        ["store", "prune", "d"], ["store", "prune", "d", "--unused-days", "-1"],
        ["store", "prune", "d", "--scores-fingerprint", "abc"], ["store", "prune", "d", "--max-bytes", "12 parsecs"],
        ["store", "verify"], ["store", "burn", "d"], ["--port", "0"], ["--model", "d", "--no-such-flag"],
    ])
    func isRefused(_ arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try ServerCommand.parseAsRoot(arguments) }
        if let error { #expect(ServerCommand.exitCode(for: error) == .validationFailure) }
    }
}
