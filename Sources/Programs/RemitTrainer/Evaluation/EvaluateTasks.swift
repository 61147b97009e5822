import Annealing
import ArgumentParser
import CommandLines
import Corpora
import Formats
import Foundation
import Reinforcement
import System
import Tasks
import Training
import Transformers

/// Held-out problems that `evaluate` asks.
struct TaskArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask held-out problems of these task families (addition,sorting or all).",
            discussion:
                "Greedy completions are judged by exact match of the answer; intervals are Wilson's, 95 %. Nats: -log p of the right "
                + "completion, steps and answer, given the prompt, mean over problems.",
            valueName: "names"))
    var tasks: String?

    @Option(in: 1...10_000, help: ArgumentHelp("Problems of each family.", valueName: "number"))
    var problems = 100

    @Option(
        in: 0...1024, help: ArgumentHelp("Completions drawn of each problem for pass@k (0: none).", valueName: "number")
    )
    var samples = 0

    @Option(in: 1...1024, help: ArgumentHelp("The k of pass@k, at most --samples.", valueName: "k"))
    var passAt = 1

    @OptionGroup var sampling: SamplingArguments

    @Option(
        in: ArgumentRanges.seeds, help: ArgumentHelp("Decides the problems and what is drawn.", valueName: "number"))
    var seed: UInt64 = 0

    func validate() throws {
        guard samples == 0 || passAt <= samples else {
            throw ValidationError("--pass-at \(passAt): expected at most --samples, \(samples)")
        }
        do {
            _ = try families()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// nil where no tasks are asked for.
    private func families() throws -> [String]? {
        guard let tasks else { return nil }
        guard let families = try TaskFamilies.selection(tasks) else {
            throw TaskError.unknownFamily(name: tasks, known: TaskFamilies.names)
        }
        return families
    }

    /// nil where no tasks are asked for.
    func scores(
        _ model: FrozenTransformer, _ text: TextSide, _ terminal: Terminal, _ stop: StopFlag
    ) throws -> TaskScores? {
        guard let families = try families() else { return nil }
        var options = TaskEvaluationOptions()
        options.families = families
        options.problems = problems
        options.samples = samples
        options.passAt = passAt
        options.temperature = sampling.temperature
        options.maxNewTokens = sampling.maxNewTokens
        options.seed = seed
        var begun: ProgressMeter?
        return try TaskEvaluation(
            options, text: CompletionText(tokenizer: text.tokenizer, endOfSequence: text.endOfSequence),
            memory: DecodingMemory(availableBytes: MachineMemory.bytes(beside: model.parameterByteCount))
        ).run(
            model,
            onPass: { done, total in
                try stop.throwIfRequested()
                let meter = begun ?? ProgressMeter("tasks", unit: "completions", of: total)
                begun = meter
                terminal.progress(meter.progress(done))
            }, onNothingRight: { terminal.line("no answer is right: \($0)") })
    }
}
