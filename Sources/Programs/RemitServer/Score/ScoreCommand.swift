import ArgumentParser
import CommandLines
import Formats
import Foundation
import OfflineScoring
import SideCars
import System
import Transformers

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Write a teacher's log-probs of a whole corpus to files, for training without a server.",
        discussion: """
            OUT becomes a side-car: safetensors shards with one f32 a token, found by the hash of a segment's ids, and manifest.json. \
            remit-trainer anneal --logprobs-from OUT reads it, with the bits that a server would have answered, at any seed; \
            remit-trainer verify OUT checks it.

            Documents are cut as the trainer cuts them: give its --sequence-length, and as --tokenizer the student, whose \
            end-of-sequence token closes each document. Ctrl-C saves; the same command goes on where it stopped, and behind the last \
            whole shard where it was killed.

            Exit status: 0 all is scored, 130 stopped by a signal with what is done saved.
            """)

    @Option(help: ArgumentHelp("The teacher: a Hugging Face checkpoint.", valueName: "dir"))
    var model: String
    @Option(help: "The teacher's name in the manifest; by default its directory's.")
    var name: String?
    @Option(
        help: ArgumentHelp(
            "Directory with the tokenizer.json and config.json that turn text into ids; by default the teacher's.",
            valueName: "dir"))
    var tokenizer: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files or directories, as remit-trainer reads them.", valueName: "path"))
    var corpus: [String]
    @OptionGroup var records: RecordArguments
    @Option(help: ArgumentHelp("Where the tokenized corpus is kept; by default OUT/tokens.", valueName: "dir"))
    var tokenCache: String?
    @Option(
        in: ArgumentRanges.windowTokens,
        help: ArgumentHelp("Documents are cut at multiples of it; as in the run.", valueName: "tokens"))
    var sequenceLength: Int
    @Option(help: ArgumentHelp("Directory of the side-car.", valueName: "dir"))
    var out: String
    @Option(help: "f32 is exact, bf16 faster.")
    var precision = Precision.f32
    @OptionGroup var compute: ComputeArguments
    @Option(
        in: ArgumentRanges.bytes,
        help: ArgumentHelp(
            "Memory for parameters and working memory; a model that needs more is not loaded (default: the machine's or the control "
                + "group's).", valueName: "size"))
    var maxMemory: ByteCount?
    @Option(in: ArgumentRanges.tokens, help: "Most tokens in one forward pass, but for a longer single document.")
    var maxBatchTokens = 4096
    @Option(in: ArgumentRanges.tokens, help: "Tokens of a shard. A scoring that is killed loses less than one.")
    var shardTokens = 1 << 20

    func run() throws {
        let terminal = Terminal()
        let stop = StopFlag()
        try SignalThread.install()
        try SignalThread.start { _ in
            stop.request()
            terminal.line("stopping after this batch; once more ends at once")
        }
        do {
            let summary = try ScoreRun(command: self, terminal: terminal, stop: stop).run()
            terminal.status("")
            print(Format.table(summary))
        } catch OfflineScoringError.stopped {
            terminal.line("stopped; the same command goes on with what is in \(out)")
            throw ExitCode(130)
        }
    }
}
