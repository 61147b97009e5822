import Annealing
import ArgumentParser
import CommandLines
import Reinforcement
import System
import Training

struct ReinforceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reinforce",
        abstract: "Tune a checkpoint by reinforcement on verifiable rewards (GRPO): what makes a teacher.",
        discussion: """
            Each step draws a group of completions of some prompts from the student as it is, judges them, and raises the probability of \
            those that did better than their group. Prompts are problems of the built-in task families, or lines of --prompts: a file, a \
            folder, a pattern or an address, each line a JSON object with a "prompt". Programs (--reader) read other formats, and render \
            conversations ("messages") by the student's chat template: --reader 'jsonl=python3 -m remit.read'.

            --reward names a task family, several separated by commas, 'all', or a command: a program that is started once, reads for \
            each completion a line {"prompt": ..., "completion": ..., "fields": {...}, "finished": true, "token_ids": [...], "index": N}, \
            and answers a line with a number, or with {"reward": ..., "index": N}. "fields" is what the prompt's line says besides (its \
            "answer", say). A reward that is null says nothing: the completion then counts neither for its group nor in the loss. An empty \
            line follows a step's last completion; it has no answer. Repeating the index is the safe way: an answer too many can then \
            shift no reward. A program that dies or is late ends the run, which is saved first.

            OUT is as that of anneal; so are Ctrl-C and --resume, with which --steps may be more and --reward another one.

            Example:
              remit-trainer reinforce --student tuned/ --reward all --out teacher/ \\
                --steps 40 --learning-rate 3e-4
            """)

    @Option(
        help: ArgumentHelp("Hugging Face directory of the checkpoint to train.", valueName: "directory"),
        completion: .directory)
    var student: String

    @OptionGroup(title: "Reinforcement") var reinforcement: ReinforcementArguments
    @OptionGroup(title: "Run") var run: RunArguments

    func run() async throws {
        let terminal = Terminal()
        let stop = StopFlag()
        let summary = try await InterruptibleWork.run(
            terminal,
            onStop: {
                stop.request()
                terminal.line("stopping; once more ends at once")
            }, whenStopped: "stopped; the same command with --resume continues the run in \(run.out)",
            lost: "what was done since the last checkpoint is lost; --resume goes on from that one"
        ) {
            try ReinforceRun(student: student, arguments: reinforcement, output: run, terminal: terminal, stop: stop)
                .run()
        }
        print(summary)
    }
}

/// What is drawn, judged and learned.
struct ReinforcementArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Task families (addition,sorting), all, or a command that judges.", valueName: "reward"))
    var reward = "all"

    @Option(
        in: 0.001...604_800.0,
        help: ArgumentHelp("Seconds that the reward command has for a step.", valueName: "seconds"))
    var rewardTimeout = 300.0

    @Option(
        help: ArgumentHelp(
            "JSON lines with a \"prompt\" each (default: problems of the reward's task families).",
            discussion: "A file (.gz and .zst too), a folder, a pattern, or what --reader reads.", valueName: "path"),
        completion: .file())
    var prompts: String?

    @OptionGroup var programs: ReaderArguments

    @Flag(help: "Leave out lines of --prompts that give no prompt or one that the student cannot complete.")
    var skipBadPrompts = false

    @Option(in: ArgumentRanges.batch, help: ArgumentHelp("Prompts of a step.", valueName: "number"))
    var promptsPerStep = 32

    @Option(in: 2...4096, help: ArgumentHelp("Completions of a prompt: the group.", valueName: "number"))
    var samplesPerPrompt = 8

    @OptionGroup var sampling: SamplingArguments

    @Option(
        in: 0...1_048_576,
        help: ArgumentHelp("Draw from the so many likeliest tokens only (0: all).", valueName: "tokens"))
    var topK = 0

    @Option(
        in: AboveZero(to: 1),
        help: ArgumentHelp(
            "Draw from the fewest likeliest tokens only that have this probability together (1: all).",
            discussion:
                "Behind --temperature and --top-k. The loss goes by the probabilities of the whole distribution all the same: see "
                + "docs/training.md.", valueName: "share"))
    var topP = 1.0

    @Flag(
        help: ArgumentHelp(
            "Leave completions that were cut at --max-new-tokens out of the loss.",
            discussion: "They count for their group's mean all the same."))
    var maskTruncated = false

    @Option(
        in: AboveZero(to: 1000),
        help: ArgumentHelp("The ratio of probabilities is cut to 1 - clip ... 1 + clip.", valueName: "number"))
    var clip = 0.2

    @Option(
        in: AboveZero(to: 1000),
        help: ArgumentHelp(
            "The ratio's upper end is 1 + this (default: that of --clip); 0.28 beside 0.2 is DAPO's.",
            valueName: "number"
        ))
    var clipHigh: Double?

    @Option(
        in: 0.0...1000.0,
        help: ArgumentHelp("How much divergence from the first student costs (0: nothing).", valueName: "coefficient"))
    var kl = 0.0

    @Option(
        in: ArgumentRanges.batch,
        help: ArgumentHelp(
            "Optimizer updates a step, each on as many of its prompts: divides --prompts-per-step.", valueName: "number"
        ))
    var updatesPerStep = 1

    @Option(in: ArgumentRanges.batch, help: ArgumentHelp("Sequences per forward and backward.", valueName: "sequences"))
    var microBatchSequences = 64

    @Option(in: ArgumentRanges.steps, help: ArgumentHelp("Steps.", valueName: "steps"))
    var steps: Int

    @OptionGroup var update: UpdateArguments<ReinforcementDefaults>

    @Option(
        in: 0...64,
        help: ArgumentHelp("Completions of each step that log.jsonl shows (0: none).", valueName: "number"))
    var logCompletions = 1

    @Option(in: ArgumentRanges.seeds, help: ArgumentHelp("Decides prompts and draws.", valueName: "number"))
    var seed: UInt64 = 0

    var options: ReinforcementOptions {
        var options = ReinforcementOptions()
        options.reward = reward
        options.promptsPerStep = promptsPerStep
        options.samplesPerPrompt = samplesPerPrompt
        options.maxNewTokens = sampling.maxNewTokens
        options.temperature = sampling.temperature
        options.topK = topK == 0 ? nil : topK
        options.topP = topP == 1 ? nil : topP
        options.masksTruncated = maskTruncated ? true : nil
        options.clip = clip
        options.clipHigh = clipHigh
        options.klCoefficient = kl
        options.updatesPerStep = updatesPerStep
        options.microBatchSequences = microBatchSequences
        options.totalSteps = steps
        options.schedule = update.learningRateSchedule
        options.optimizer = update.adamW
        options.gradientClip = update.gradClip
        options.seed = seed
        return options
    }
}

/// Updates of a reinforcement: small steps from a student that can do something already.
enum ReinforcementDefaults: UpdateDefaults {
    static let learningRate = 1e-5
    static let schedule = LearningRateSchedule.Shape.constant
    static let weightDecay = 0.0
}
