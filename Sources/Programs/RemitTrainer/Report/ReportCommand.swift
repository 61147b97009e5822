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
            A run is the --out directory of anneal or pretrain, finished or not. The page is one file that loads nothing, reads on a phone, in \
            the dark and in print, and shows values under the pointer or the arrow keys.

            Example:
              remit-trainer report annealed/ plain/ --baseline plain/ --out report.html
            """)

    @Argument(help: ArgumentHelp("Directories of runs.", valueName: "run"), completion: .directory)
    var runs: [String]

    @Option(help: ArgumentHelp("The page.", valueName: "file"), completion: .file())
    var out = "report.html"

    @Option(
        help: ArgumentHelp("One of the runs: show the others' losses less its own.", valueName: "run"),
        completion: .directory)
    var baseline: String?

    @Option(
        in: 0...1_000_000,
        help: ArgumentHelp(
            "Half-life of the mean that is drawn over each line (0: none).",
            discussion: "The page has a slider for it, where scripts may run.", valueName: "steps"))
    var smoothing = 0

    func validate() throws {
        guard !runs.isEmpty else { throw ValidationError("give the directory of a run") }
        guard let baseline else { return }
        guard baselinePlace != nil else {
            throw ValidationError(
                "--baseline \(baseline): expected one of the runs, \(runs.joined(separator: ", "))")
        }
        guard runs.count > 1 else { throw ValidationError("--baseline: give another run to compare with it") }
    }

    /// The baseline's place among the runs, whatever its path is written like.
    private var baselinePlace: Int? {
        guard let baseline else { return nil }
        func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        return runs.firstIndex { standard($0) == standard(baseline) }
    }

    func run() async throws {
        let (paths, out, baseline, smoothing) = (runs, out, baselinePlace, Double(smoothing))
        try PathCheck.output(file: out, "--out")
        let count = try await onThread("remit-trainer") {
            let loaded = try LoggedRun.load(paths)
            let page = RunReport(
                loaded, baseline: baseline, smoothing: smoothing, version: ProgramVersion.current, madeOn: Date()
            ).html
            try AtomicFile.write(out, contents: Array(page.utf8))
            return loaded.count
        }
        print("\(out): \(count) \(count == 1 ? "run" : "runs")")
    }
}
