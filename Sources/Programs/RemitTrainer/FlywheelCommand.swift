import ArgumentParser
import CommandLines
import Flywheel
import Foundation
import System
import Tasks

struct FlywheelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flywheel",
        abstract:
            "Run the whole loop at a small size: pre-train, mid-train, tune, reinforce, teach the next mid-training; compare methods.",
        discussion: """
            Each base (--seeds) is pre-trained, mid-trained with the plain loss, tuned and reinforced: that is its teacher. A remit-server \
            (expected beside this program) then serves it, and the same base is mid-trained again by every method on the same tokens. Every \
            model is evaluated before and after the same short post-training. A second round takes the best-tuned model of the first as \
            its teacher.

            OUT gets plan.json (before anything runs), every model as a Hugging Face directory, each stage's command (stages/) and output \
            (logs/), the numbers of each base as it is finished (parts/), results.json, report.html and report.md. Ctrl-C or a crash, then \
            the same command: what is done is not done again, and the rest ends with the same bits. The report gives every difference with \
            the interval of the paired t test over bases and the p of the exact sign-flip test.

            A study of many bases can be run in parts, on several machines: --seeds 1-24 here, --seeds 25-48 there, then --merge of the \
            two directories. Parts of another plan are refused, and a base that is there twice with different numbers.

            Presets, with about the CPU time that they took or would take on the machine of the committed studies:
            \(FlywheelPreset.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

            Methods: \(FlywheelMethod.all.map(\.name).joined(separator: ", ")).

            Example:
              remit-trainer flywheel --preset demo --out flywheel/
              remit-trainer flywheel --preset confirm --seeds 1-24 --out here/
              remit-trainer flywheel --merge here/ there/ --out confirm/
            """)

    @Option(
        help: ArgumentHelp(
            "What is compared, and at what size: smoke (seconds) or demo (minutes) to see it run; the others are studies.",
            valueName: "name"))
    var preset = FlywheelPreset.demo

    @Option(help: ArgumentHelp("Directory of everything that is made.", valueName: "directory"), completion: .directory)
    var out: String

    @Option(
        in: 1...FlywheelPlan.mostRounds,
        help: ArgumentHelp("Rounds of the loop (default: the preset's).", valueName: "number"))
    var rounds: Int?

    @Option(
        help: ArgumentHelp(
            "One base each, separated by commas, or ranges: 1-6,9 (default: the preset's).", valueName: "numbers"),
        transform: SeedList.init)
    var seeds: SeedList?

    @Option(
        help: ArgumentHelp(
            "Methods beside ntp, separated by commas (default: the preset's). Without some of a study's own its claim is not made.",
            valueName: "names"))
    var methods: String?

    @Option(
        in: ArgumentRanges.threads,
        help: ArgumentHelp("Bases that are worked on at a time (default: one a core).", valueName: "number"))
    var jobs: Int?

    @Flag(help: "Delete each base's corpora and models once its numbers are in OUT/parts.")
    var deleteModels = false

    @Flag(help: "Write report.html and report.md anew from OUT/results.json, and run nothing.")
    var reportOnly = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Run nothing: write plan.json, results.json and the report of these parts (base-N.json, or directories of them) to OUT.",
            valueName: "path"), completion: .file())
    var merge: [String] = []

    func validate() throws {
        guard merge.isEmpty || !reportOnly else { throw ValidationError("give --merge or --report-only, not both") }
    }

    func run() async throws {
        guard !reportOnly else { return try report(FlywheelResults(contentsOf: FlywheelPaths(out).results)) }
        guard merge.isEmpty else { return try mergeParts() }
        let plan = try plan()
        try PathCheck.output(directory: out, "--out")
        let terminal = Terminal()
        let stop = StopFlag()
        let programs = try Self.programs()
        let jobs = jobs ?? ProcessorShare.threads()
        let results = try await InterruptibleWork.run(
            terminal,
            onStop: {
                stop.request()
                terminal.line("stopping; the same command continues")
            }, whenStopped: "stopped; the same command continues the flywheel in \(out)"
        ) {
            try FlywheelRun(
                plan, out: out, programs: programs, vocabularySize: TaskAlphabet.vocabularySize, jobs: jobs,
                version: ProgramVersion.current, deletesModels: deleteModels, stop: stop, onStage: { terminal.line($0) }
            ).run()
        }
        try report(results)
    }

    private func mergeParts() throws {
        try PathCheck.output(directory: out, "--out")
        let merged = try MergedParts(contentsOf: merge)
        if !merged.repeated.isEmpty {
            let bases = SeedList(merged.repeated)
            Terminal().line("there twice, with the same numbers: base \(bases)")
        }
        try report(try merged.write(to: FlywheelPaths(out)))
    }

    private func report(_ results: FlywheelResults) throws {
        let report = FlywheelReport(results)
        try report.write(to: FlywheelPaths(out))
        print(report.markdown)
    }

    private func plan() throws -> FlywheelPlan {
        var plan = try preset.plan(families: TaskFamilies.names)
        if let methods {
            let names = methods.split(separator: ",").map(String.init)
            try plan.compare(names)
        }
        if let seeds { plan.seeds = seeds.seeds }
        plan.rounds = rounds ?? plan.rounds
        try plan.validate()
        return plan
    }

    /// This program, and the server that lies beside it or in the same executable.
    private static func programs() throws -> FlywheelRun.Programs {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let server = ProgramName.server.command(beside: own)
        // It is needed when the first teacher is, which can be hours later.
        guard FileManager.default.isExecutableFile(atPath: server.path) else {
            throw FlywheelError.programMissing(path: server.path)
        }
        let trainer = ProgramName.trainer.command(beside: own).leadingArguments
        return FlywheelRun.Programs(
            trainer: FlywheelProgram(path: own, leadingArguments: trainer),
            server: FlywheelProgram(path: server.path, leadingArguments: server.leadingArguments))
    }
}

extension FlywheelPreset: ExpressibleByArgument {}
