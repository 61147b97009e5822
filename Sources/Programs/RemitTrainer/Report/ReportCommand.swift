import ArgumentParser
import CommandLines
import Foundation
import RunReports
import System

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Compare runs on one HTML page: losses, weights over time, tokens, speed, options.",
        discussion: """
            A run is the --out directory of anneal or pretrain, finished or not. The page is one file that loads nothing and prints well.

            Example:
              remit-trainer report annealed/ baseline/ --out report.html
            """)

    @Argument(help: ArgumentHelp("Directories of runs.", valueName: "run"), completion: .directory)
    var runs: [String]

    @Option(help: ArgumentHelp("The page.", valueName: "file"), completion: .file())
    var out = "report.html"

    func validate() throws {
        guard !runs.isEmpty else { throw ValidationError("give the directory of a run") }
    }

    func run() async throws {
        let (paths, out) = (runs, out)
        try PathCheck.output(file: out, "--out")
        let count = try await onThread("remit-trainer") {
            let loaded = try LoggedRun.load(paths)
            let page = RunReport(loaded, version: ProgramVersion.current, madeOn: Date()).html
            try AtomicFile.write(out, contents: Array(page.utf8))
            return loaded.count
        }
        print("\(out): \(count) \(count == 1 ? "run" : "runs")")
    }
}
