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
            those that did better than their group. Prompts are problems of the built-in task families, or lines of --prompts.

            --reward names a task family, several separated by commas, 'all', or a command: a program that is started once, reads for \
            each completion a line {"prompt": ..., "completion": ..., "index": N}, and answers a line with a number, or with \
            {"reward": ..., "index": N}. An empty line follows a step's last completion; it has no answer. Repeating the index is the \
            safe way: an answer too many can then shift no reward. A program that dies or is late ends the run, which is saved first.

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
            "JSON lines with a \"prompt\" each (default: problems of the reward's task families).", valueName: "file"),
        completion: .file())
    var prompts: String?

    @Flag(help: "Leave out lines of --prompts that give no prompt or one that the student cannot complete.")
    var skipBadPrompts = false

    @Option(in: ArgumentRanges.batch, help: ArgumentHelp("Prompts of a step.", valueName: "number"))
    var promptsPerStep = 32

    @Option(in: 2...4096, help: ArgumentHelp("Completions of a prompt: the group.", valueName: "number"))
    var samplesPerPrompt = 8

    @OptionGroup var sampling: SamplingArguments

    @Option(
        in: AboveZero(to: 1000),
        help: ArgumentHelp("The ratio of probabilities is cut to 1 - clip ... 1 + clip.", valueName: "number"))
    var clip = 0.2

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

    @Option(in: ArgumentRanges.seeds, help: ArgumentHelp("Decides prompts and draws.", valueName: "number"))
    var seed: UInt64 = 0

    var options: ReinforcementOptions {
        var options = ReinforcementOptions()
        options.reward = reward
        options.promptsPerStep = promptsPerStep
        options.samplesPerPrompt = samplesPerPrompt
        options.maxNewTokens = sampling.maxNewTokens
        options.temperature = sampling.temperature
        options.clip = clip
        options.klCoefficient = kl
        options.updatesPerStep = updatesPerStep
        options.microBatchSequences = microBatchSequences
        options.totalSteps = steps
        options.schedule = update.learningRateSchedule
        options.optimizer.weightDecay = update.weightDecay
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
