import ArgumentParser
import CommandLines
import Formats
import SideCars
import System

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the files that remit-server score wrote: manifest, hashes, lengths, values.",
        discussion: """
            Every byte is read and hashed. What is wrong is said line by line.

            Exit status: 0 all is sound, 1 something is wrong.
            """)

    @Argument(help: ArgumentHelp("Directory of the side-car.", valueName: "directory"))
    var directory: String

    func run() async throws {
        let terminal = Terminal()
        let path = directory
        let result = try await onThread("remit-trainer") {
            try SideCarVerification(path).run { shard, count in
                terminal.status("shard \(shard + 1) of \(count)")
            }
        }
        terminal.status("")
        for problem in result.problems { print(problem) }
        if let description = result.description {
            print(
                Format.table([
                    ("teacher", "\(description.model), \(description.precision)"),
                    ("sequence length", "\(description.sequenceLength)"),
                    ("sound", "\(result.shards) shards, \(result.segments) segments, \(result.tokens) tokens"),
                    ("problems", "\(result.problems.count)"),
                ]))
        }
        guard result.problems.isEmpty else { throw ExitCode(1) }
    }
}
