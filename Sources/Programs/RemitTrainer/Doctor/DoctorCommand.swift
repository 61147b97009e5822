import Annealing
import ArgumentParser
import CommandLines
import Examinations
import Formats
import System

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try student, teacher and corpus on a small sample before a long run, and say what is wrong first.",
        discussion: """
            Takes the command line of anneal, reads a sample of the corpus, asks the teacher for it, makes one step in memory and throws it \
            away. Nothing is written. Says whether the run can begin in OUT, or go on there, whether tokenizers and contexts agree, how the token weights will be spread, how long the run \
            will take and what disk it needs.

            Exit status: 0 the run can begin, 1 something is wrong.

            Example:
              remit-trainer doctor --server http://127.0.0.1:8080 --student base/ \\
                --corpus corpus.jsonl --out annealed/
            """)

    @OptionGroup var arguments: AnnealArguments

    @Option(
        in: ArgumentRanges.windowTokens, help: ArgumentHelp("How much of the corpus is tried.", valueName: "tokens"))
    var sampleTokens = 4096

    func run() async throws {
        let terminal = Terminal()
        let stop = StopFlag()
        let command = self
        let findings = try await InterruptibleWork.run(terminal, onStop: { stop.request() }) {
            try Examination(
                arguments: command.arguments, sampleTokens: command.sampleTokens, terminal: terminal, stop: stop
            ).run()
        }
        print(Format.printable(findings.text))
        guard findings.isHealthy else { throw ExitCode(1) }
    }
}
