import ArgumentParser
import CommandLines
import Formats
import Foundation
import System
import Training

struct AverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "average",
        abstract:
            "Average the parameters of checkpoints, as mid-training recipes do with the anneals of several seeds.",
        discussion: """
            The checkpoints are Hugging Face directories of one architecture and one tokenizer: results of runs, their exports/step-..., \
            their ema/ or best/. What differs is named. Each parameter is summed in f64 and rounded once, so the average of equal \
            checkpoints is that checkpoint. OUT gets the first one's configuration and tokenizer, and remit.json with all of them and \
            their shares.

            Exit status: 0 done, 64 a command line that is refused, 1 checkpoints that differ or another error, 130 stopped.

            Example:
              remit-trainer average seed-1/ seed-2/ seed-3/ --out averaged/
              remit-trainer average early/ late/ --weights 0.25,0.75 --out averaged/
            """)

    @Argument(
        help: ArgumentHelp("Hugging Face directories of the checkpoints, two or more.", valueName: "checkpoint"),
        completion: .directory)
    var checkpoints: [String]

    @Option(help: ArgumentHelp("Directory of the result.", valueName: "directory"), completion: .directory)
    var out: String

    @Option(
        help: ArgumentHelp(
            "How much each checkpoint counts, in their order, separated by commas (default: all alike).",
            discussion: "Numbers above 0; they are divided by their sum.", valueName: "numbers"),
        transform: ShareList.init)
    var weights: ShareList?

    @OptionGroup var parameters: ParameterArguments

    func validate() throws {
        guard checkpoints.count > 1 else { throw ValidationError("give the directories of two checkpoints or more") }
        guard weights == nil || weights?.numbers.count == checkpoints.count else {
            throw ValidationError(
                "--weights has \(weights?.numbers.count ?? 0) numbers for \(checkpoints.count) checkpoints; give one for each"
            )
        }
    }

    func run() async throws {
        for path in checkpoints { try PathCheck.input(directory: path, "checkpoint") }
        try PathCheck.output(directory: out, "--out")
        let terminal = Terminal()
        let stop = StopFlag()
        let average = try await InterruptibleWork.run(
            terminal, onStop: { stop.request() }, whenStopped: "stopped; nothing was written"
        ) { [self] in
            let directory = try RunDirectory(out)
            try RunDirectory.checkHoldsNoModel(directory.path)
            let average = try CheckpointAverage(checkpoints, weights: weights?.numbers)
            try average.write(
                to: directory.path, elementType: parameters.elementType, maxShardBytes: parameters.maxShardSize.bytes,
                version: ProgramVersion.current, stop: stop
            ) { terminal.status("averaging: \(Format.percent($0))") }
            return average
        }
        print(
            Format.table(
                zip(average.paths, average.shares).map { ($0, String(format: "%.4g of the average", $1)) } + [
                    ("parameters", Format.count(Double(average.parameterCount))), ("checkpoint", out),
                ]))
    }
}

/// Numbers above 0, separated by commas.
struct ShareList: Sendable {
    private static let range = AboveZero(to: 1e9)

    let numbers: [Double]

    /// - Throws: `ValidationError` with what is expected.
    init(_ text: String) throws {
        numbers = try text.split(separator: ",", omittingEmptySubsequences: false).map {
            try Self.range.number($0.trimmingCharacters(in: .whitespaces))
        }
    }
}
