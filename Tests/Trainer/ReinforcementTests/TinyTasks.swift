import Checkpoints
import Foundation
import Reinforcement
import Sequences
import System
import Tasks
import Tensors
import TestSupport
import Tokenizers
import Training
import Transformers

/// A tiny model that has seen some worked problems of one family, and reinforcements of it.
struct TinyTasks {
    static let family = "brackets"

    let directory: TemporaryDirectory
    private(set) var text: CompletionText
    private let tokenizer: Tokenizer
    /// A tuned checkpoint.
    let tuned: String

    init() throws {
        directory = try TemporaryDirectory()
        tokenizer = try Tokenizer(json: Array(TaskAlphabet.tokenizerJSON.utf8), source: "tokenizer.json")
        text = CompletionText(tokenizer: tokenizer, endOfSequence: EndOfSequence([0]))
        tuned = directory.file("tuned")
        try tune()
    }

    /// The same model, whose directory names these ends.
    func ending(with ids: [Int32]) -> TinyTasks {
        var copy = self
        copy.text = CompletionText(tokenizer: tokenizer, endOfSequence: EndOfSequence(ids))
        return copy
    }

    private static func configuration() throws -> ConfigurationObject {
        let json = """
            {"model_type": "llama", "vocab_size": \(TaskAlphabet.vocabularySize), "hidden_size": 48,
             "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
             "rms_norm_eps": 1e-5, "max_position_embeddings": 96, "hidden_act": "silu", "rope_theta": 10000.0,
             "tie_word_embeddings": true, "eos_token_id": 0}
            """
        return try ConfigurationObject(parsing: Array(json.utf8), source: "tiny config.json")
    }

    /// Supervised tuning on prompt and completion, both scored: enough to answer some problems.
    private func tune() throws {
        let workers = WorkerPool(threads: 1)
        let model = try TrainableTransformer(configuration: Self.configuration(), seed: 1, workers: workers)
        let optimizer = AdamW(AdamWOptions(), for: model, workers: workers)
        let stream = TaskStream(try TaskMix(reasoningShare: 1, families: [Self.family]), seed: 5)
        for step in 0..<160 {
            let batch = PackedBatch(
                segments: try (0..<24).map { index in
                    try tokenizer.encode(stream.document(at: step * 24 + index).text, addSpecialTokens: true).ids + [0]
                })
            let slope = -1 / Float(batch.tokenCount - batch.segments.count)
            model.zeroGradients()
            _ = try model.forward(batch)
            try model.backward(logProbGradients: [Float](repeating: slope, count: batch.tokenCount))
            let norm = optimizer.gradientNorm(model)
            optimizer.update(model, learningRate: 4e-3, gradientScale: Float(1 / max(1, norm)))
        }
        try model.save(to: tuned, elementType: .f32)
    }

    var options: ReinforcementOptions {
        var options = ReinforcementOptions()
        options.reward = Self.family
        options.promptsPerStep = 32
        options.samplesPerPrompt = 8
        options.maxNewTokens = 32
        options.totalSteps = 60
        options.schedule = LearningRateSchedule(.constant, peak: 6e-4, warmupSteps: 4)
        options.optimizer.weightDecay = 0
        options.seed = 3
        return options
    }

    struct Outcome: Equatable {
        var records: [ReinforcementRecord]
        var weights: [Float]
        var interrupted: Bool
    }

    /// Runs in `name` to the end, or until `stopAfter` steps; continues what is there if `resume`.
    func run(
        _ name: String, _ options: ReinforcementOptions, rewards: (any RewardSource)? = nil, threads: Int = 1,
        resume: Bool = false, allowLearningRateChange: Bool = false, stopAfter: Int? = nil, save: String? = nil,
        student: String? = nil, shown: Int = 0,
        memory: DecodingMemory = .unlimited
    ) throws -> Outcome {
        let workers = WorkerPool(threads: threads)
        let checkpoint = try Checkpoint(directory: student ?? tuned)
        let model = try TrainableTransformer(checkpoint: checkpoint, workers: workers)
        let optimizer = AdamW(options.optimizer, for: model, workers: workers)
        let runDirectory = try RunDirectory(directory.file(name))
        let store = RunStateStore(directory: runDirectory.checkpointsPath, keep: 2)
        let prompts = try TaskPrompts(families: [Self.family], seed: options.seed)
        var state = ReinforcementState(
            options: options,
            inputs: ReinforcementInputs(student: "s", tokenizer: "t", prompts: prompts.fingerprint),
            kernelPath: workers.path.name)
        var logMark: LogMark?
        if resume, let saved = try store.latest(ReinforcementState.self) {
            state = try saved.state.resumed(
                by: state, allowNumericsChange: false, allowLearningRateChange: allowLearningRateChange)
            try saved.restore(model, optimizer)
            logMark = saved.log
        }
        let stop = StopFlag()
        let reinforcer = try Reinforcer(
            step: ReinforcementStep(
                student: model, optimizer: optimizer,
                start: options.klCoefficient > 0 ? FrozenTransformer(checkpoint: checkpoint, workers: workers) : nil,
                options: options, prompts: prompts,
                rewards: try rewards ?? TaskRewards(families: [Self.family]), text: text, loggedCompletions: shown,
                memory: memory),
            state: state,
            records: RunRecords(store: store, logPath: runDirectory.logPath, logMark: logMark, saveEvery: 2), stop: stop
        ) { record, _ in if record.step == stopAfter { stop.request() } }
        var interrupted = false
        do { try reinforcer.run() } catch TrainingError.interrupted { interrupted = true }
        if let save { try model.save(to: save, elementType: .f32) }
        let weights = withExtendedLifetime(model) { Array(model.values) }
        return Outcome(
            records: try StepLog.records(runDirectory.logPath).map(\ReinforcementRecord.withoutClock),
            weights: weights, interrupted: interrupted)
    }

    /// What is drawn in the steps of a run, in its order; the run learns nothing.
    func draws(_ options: ReinforcementOptions, memory: DecodingMemory = .unlimited) throws -> [[Attempt]] {
        let drawn = DrawnAttempts()
        var still = options
        still.totalSteps = 1
        _ = try run("drawn " + UUID().uuidString, still, rewards: drawn, memory: memory)
        return drawn.steps.withLock { $0 }
    }

    /// Scores of so many held-out problems, and the nats of their right completions as one pass for each problem has them.
    func goldNats(problems: Int) throws -> (asked: TaskScores, alone: [Double]) {
        var options = TaskEvaluationOptions()
        options.families = [Self.family]
        options.problems = problems
        let model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: tuned), workers: WorkerPool(threads: 1))
        let alone = try TaskFamilies.heldOut(TaskFamilies.named(Self.family), count: problems, seed: 0).map { problem in
            let prompt = try tokenizer.encode(problem.prompt, addSpecialTokens: true).ids
            let whole = try tokenizer.encode(problem.prompt + problem.solution, addSpecialTokens: true).ids
            let logProbs = try model.logProbs(PackedBatch(segments: [whole]))
            return logProbs[prompt.count...].reduce(0.0) { $0 - Double($1) }
        }
        return (try TaskEvaluation(options, text: text).run(model), alone)
    }

    /// The share of right answers among completions drawn for held-out problems: the reward, where it was not learned.
    func heldOutReward(_ directory: String) throws -> Double {
        var options = TaskEvaluationOptions()
        options.families = [Self.family]
        options.problems = 200
        options.samples = 4
        options.maxNewTokens = 32
        let model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: directory), workers: WorkerPool(threads: 1))
        return try TaskEvaluation(options, text: text).run(model).passAtK ?? .nan
    }
}

/// Judges as the tasks do, for so many steps; then it fails.
struct FailingRewards: RewardSource {
    struct Failure: Error {}

    let goodSteps: Int
    private let steps = Locked(0)

    init(goodSteps: Int) { self.goodSteps = goodSteps }

    func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?] {
        let done = steps.withLock { steps in
            steps += 1
            return steps - 1
        }
        guard done < goodSteps else { throw Failure() }
        return try TaskRewards(families: [TinyTasks.family]).rewards(attempts, stop: stop)
    }
}

/// Keeps what it is to judge, and says nothing of it.
final class DrawnAttempts: RewardSource {
    let steps = Locked([[Attempt]]())

    func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?] {
        steps.withLock { $0.append(attempts) }
        return attempts.map { _ in nil }
    }
}
