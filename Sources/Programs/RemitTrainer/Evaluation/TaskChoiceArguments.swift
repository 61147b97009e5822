import ArgumentParser
import Checkpoints
import CommandLines
import Corpora
import Formats
import Reinforcement
import System
import Tasks
import Training
import Transformers

/// Which documents of a synthetic corpus are written: all, those that are right, those that a checkpoint finds likely, or its own.
struct TaskChoiceArguments: ParsableArguments {
    @Flag(
        help: """
            Leave the problems out that end with a wrong answer, as a perfect filter does, and write right ones of the same families again in \
            their place.
            """)
    var dropWrong = false

    @Option(
        help: ArgumentHelp("Hugging Face directory of the checkpoint that filters or writes.", valueName: "directory"),
        completion: .directory)
    var checkpoint: String?

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp(
            """
            Leave out this share of the problems, those whose completion the checkpoint finds least likely, by nats a token, and write kept \
            ones of the same families again in their place.
            """,
            valueName: "fraction"))
    var dropShare = 0.0

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp(
            "Replace this share of the problems by others with the checkpoint's own completion, drawn until it is right.",
            valueName: "fraction"))
    var tracesShare = 0.0

    @OptionGroup var sampling: SamplingArguments

    @OptionGroup var compute: ComputeArguments

    func validate() throws {
        guard (checkpoint != nil) == (dropShare > 0 || tracesShare > 0) else {
            throw ValidationError(
                checkpoint == nil
                    ? "--drop-share and --traces-share need the --checkpoint that chooses or writes"
                    : "--checkpoint needs --drop-share or --traces-share: what is it to do?")
        }
    }

    func check() throws { try PathCheck.input(directory: checkpoint, "--checkpoint") }

    /// The documents of the first `count` places of a stream that are to be written; the checkpoint is asked here or as they are read.
    func documents(
        _ stream: TaskStream, count: Int, _ terminal: Terminal, _ stop: StopFlag
    ) throws -> ChosenDocuments {
        var chosen = ChosenDocuments(stream, count: count, dropsWrong: dropWrong)
        chosen.onDocument = { try stop.throwIfRequested() }
        guard let checkpoint else { return chosen }
        let files = try Checkpoint(model: checkpoint, ignoring: compute.ignoredConfigFields)
        let side = try TextSide(directory: checkpoint)
        for remark in side.remarks { terminal.line("checkpoint: \(remark)") }
        let text = CompletionText(tokenizer: side.tokenizer, endOfSequence: side.endOfSequence)
        let model = try FrozenTransformer(selfChecked: files, precision: .f32, workers: try compute.workers())
        if dropShare > 0 {
            let meter = ProgressMeter("problems by the checkpoint", unit: "documents", of: count)
            let likely = try LikelyDocuments(
                stream, count: count, dropping: dropShare, by: model, text: text
            ) { done in
                try stop.throwIfRequested()
                terminal.progress(meter.progress(done))
            }
            chosen.dropped = likely.dropped
            terminal.line(
                "left out \(likely.dropped.count) of \(likely.problems) problems; \(likely.wrongDropped) of the \(likely.wrong) with a wrong "
                    + "answer are among them; kept ones of their families stand in their place")
        }
        if tracesShare > 0 {
            chosen.tracesShare = tracesShare
            chosen.traces = try VerifiedTraces(
                stream, of: model, text: text, maxNewTokens: sampling.maxNewTokens, temperature: sampling.temperature,
                memory: DecodingMemory(availableBytes: MachineMemory.bytes(beside: model.parameterByteCount)))
        }
        return chosen
    }
}
