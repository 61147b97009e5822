import ArgumentParser
import Foundation
import RemitServer
import RemitTrainer
import TestSupport
import Testing

/// What the shells complete.
struct CompletionTests {
    /// What is called a place on the disk is completed as one.
    @Test func pathsAreCompleted() {
        let places = [
            "dir": "directory", "directory": "directory", "run": "directory", "file": "file", "scores": "file",
        ]
        var count = 0
        for command in CommandHelp.all {
            for (name, flag) in command.flags {
                // The same word stands for an instruction set.
                let expected =
                    places[flag.valueName] ?? (flag.valueName == "path" && flag.values.isEmpty ? "file" : nil)
                #expect(flag.completion == expected, "\(command.path) \(name) <\(flag.valueName)>")
                count += expected == nil ? 0 : 1
            }
        }
        #expect(count > 40)
    }

    @Test(arguments: ["remit-server", "remit-trainer"])
    func theScriptsKnowEveryFlag(_ program: String) async throws {
        try await onThread {
            for shell in ["bash", "zsh", "fish"] {
                // Whatever the environment would add to the command line.
                let result = try Program.run(
                    program, ["--generate-completion-script", shell],
                    environment: ["REMIT_MODEL": "m", "REMIT_PORT": "x"])
                #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
                for command in CommandHelp.all where command.program._commandName == program {
                    for name in command.path + command.flags.filter({ !$0.value.isPositional }).keys {
                        let isKnown = result.output.contains(name)
                        #expect(isKnown, "\(shell): \(name)")
                    }
                }
                guard shell == "bash" else { continue }
                let directory = try TemporaryDirectory()
                let file = try directory.write("script", Data(result.output.utf8))
                let check = try Program.run("/bin/bash", ["-n", file])
                #expect(check.status == 0, "\(check.errors)")
            }
        }
    }
}
