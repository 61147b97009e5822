import Checkpoints
import Foundation
import Reinforcement
import Sequences
import Tasks
import Tensors
import Testing
import TestSupport
import Training
import Transformers

@Suite struct ReinforcementTests {
    static let tiny = Result { try TinyTasks() }

    @Test func reinforcementRaisesTheRewardAlsoOnHeldOutProblems() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            let tuned = tiny.directory.file("reinforced")
            let records = try tiny.run("raises", tiny.options, save: tuned).records
            let first = records.prefix(5).reduce(0) { $0 + ($1.meanReward ?? .nan) } / 5
            let last = records.suffix(5).reduce(0) { $0 + ($1.meanReward ?? .nan) } / 5
            #expect(first > 0.05 && first < 0.8, "\(first)")
            #expect(last > first + 0.08, "\(first) to \(last)")
            let (before, after) = (try tiny.heldOutReward(tiny.tuned), try tiny.heldOutReward(tuned))
            #expect(after > before + 0.1, "\(before) to \(after)")
        }
    }

    /// The model ends what it writes with 0; it never writes the other.
    @Test func theLastOfSeveralEndsEndsACompletionToo() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 1
            let plain = try tiny.run("one end", options)
            let several = tiny.ending(with: [5000, 0])
            #expect(plain.records[0].finishedShare > 0.5)
            #expect(try several.run("two ends", options) == plain)
            #expect(try several.heldOutReward(tiny.tuned) == tiny.heldOutReward(tiny.tuned))
        }
    }

    @Test func aScheduleThatNoRunCanHaveIsRefused() throws {
        var options = ReinforcementOptions()
        options.totalSteps = 10
        try options.validate()
        options.schedule.finalFraction = 2
        #expect(
            throws: TrainingError.badOption("final-learning-rate-fraction", value: "2.0", expected: "0 to 1")
        ) { try options.validate() }
    }

    @Test func eachUpdateHasAsManyPrompts() throws {
        var options = ReinforcementOptions()
        options.totalSteps = 1
        options.promptsPerStep = 6
        for updates in [1, 2, 3, 6] {
            options.updatesPerStep = updates
            try options.validate()
        }
        for updates in [-2, 0, 4, 5, 7, 12] {
            options.updatesPerStep = updates
            #expect(throws: TrainingError.self) { try options.validate() }
        }
    }

    /// Checkpoints of steps 2 and 4 there are in any case.
    @Test(arguments: [0, 1, 3])
    func aStepThatCannotBeJudgedCostsNone(_ good: Int) async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 5
            let name = "unjudged \(good)"
            #expect(throws: ReinforcementError.stepUndone(step: good + 1, reason: "\(FailingRewards.Failure())")) {
                try tiny.run(name, options, rewards: FailingRewards(goodSteps: good))
            }
            let store = RunStateStore(directory: tiny.directory.file(name + "/checkpoints"), keep: 2)
            #expect(try store.lastStep() == (good == 0 ? nil : good))
            let resumed = try tiny.run(name, options, resume: true)
            let whole = try tiny.run("judged \(good)", options)
            let same = resumed == whole
            #expect(same)
        }
    }

    /// A rate that leaves parameters that are finite, and activations that overflow. Even steps are saved, and the one that was stopped
    /// after: a checkpoint of the student that completes nothing is not the one to go on from.
    @Test(arguments: [(1, 2, 1), (2, 3, 2)])
    func aRunThatDivergesNamesTheLastCheckpointBeforeIt(_ good: Int, _ overflowing: Int, _ saved: Int) async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 6
            let name = "diverging \(good)"
            _ = try tiny.run(name, options, stopAfter: good)
            options.schedule = LearningRateSchedule(.constant, peak: 1e15)
            let error = try #require(throws: ReinforcementError.self) {
                try tiny.run(name, options, resume: true, allowLearningRateChange: true)
            }
            let reason = ReinforcementError.nonFiniteStudent(step: overflowing).description
            #expect(error == .diverged(reason: reason, lastGood: saved))
        }
    }

    @Test func anUpdateThatOverflowsIsFoundByTheNextOneOfTheStep() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 2
            options.updatesPerStep = 2
            options.schedule = LearningRateSchedule(.constant, peak: 1e15)
            let error = try #require(throws: ReinforcementError.self) { try tiny.run("overflowing", options) }
            guard case .diverged(let reason, nil) = error else { throw error }
            #expect(reason.hasPrefix("step 1: a log-prob of the student is not finite"), "\(reason)")
        }
    }

    @Test(arguments: [(1, 2), (2, 1)])
    func anInterruptedRunEndsWithTheSameBits(_ before: Int, _ after: Int) async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 5
            options.klCoefficient = 0.1
            options.updatesPerStep = 2
            let whole = try tiny.run("whole \(before)", options)
            let name = "cut \(before)"
            let first = try tiny.run(name, options, threads: before, stopAfter: 3)
            #expect(first.interrupted && first.records.count == 3)
            let second = try tiny.run(name, options, threads: after, resume: true)
            let same = second.weights == whole.weights
            #expect(same && second.records == whole.records && !second.interrupted)
            #expect(whole.records.contains { $0.divergence > 0 })
        }
    }

    @Test func changedOptionsAreRefusedOnResume() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 1
            _ = try tiny.run("changed", options)
            options.temperature = 0.5
            #expect(throws: TrainingError.self) { try tiny.run("changed", options, resume: true) }
        }
    }

    /// No fingerprint of model or tokenizer has them. States of before they were kept take those of now.
    @Test(arguments: [
        ("a", "0,2", "none", "tokens that end a completion"), ("a", "0", "3", "padding token"),
        ("b", "0", "none", "tokens of the prompts"),
    ])
    func otherTokensAreRefusedOnResume(_ prompts: String, _ ends: String, _ padding: String, _ said: String) throws {
        func state(_ prompts: String?, ends: String?, padding: String?) -> ReinforcementState {
            ReinforcementState(
                options: ReinforcementOptions(),
                inputs: ReinforcementInputs(
                    student: "s", tokenizer: "t", prompts: "p", promptTokens: prompts, ends: ends, padding: padding),
                kernelPath: "avx512f")
        }
        let now = state(prompts, ends: ends, padding: padding)
        #expect {
            _ = try state("a", ends: "0", padding: "none").resumed(by: now, allowNumericsChange: true)
        } throws: { "\($0)".contains(said) }
        #expect(try now.resumed(by: now, allowNumericsChange: false) == now)
        let before = state(nil, ends: nil, padding: nil)
        #expect(try before.resumed(by: now, allowNumericsChange: false) == now)
        let written = String(decoding: try JSONEncoder().encode(before), as: UTF8.self)
        for field in ["promptTokens", "ends", "padding"] { #expect(!written.contains("\"\(field)\"")) }
    }

    /// At temperature 2 a model learns as another does at 1 whose head reads half of it: draws, log-probs and gradients are the same bits, but
    /// those of the final norm, which halves it.
    @Test func theRatioIsThatOfTheDistributionThatWasDrawnFrom() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            let model = try TrainableTransformer(
                checkpoint: Checkpoint(directory: tiny.tuned), workers: WorkerPool(threads: 1))
            let norm = try #require(model.parameters.first { $0.name == "model.norm.weight" }).range
            model.withValues { values in for index in norm { values[index] /= 2 } }
            let halved = tiny.directory.file("halved")
            try model.save(to: halved, elementType: .f32)
            var options = tiny.options
            options.totalSteps = 1
            options.gradientClip = 0
            options.klCoefficient = 0.1
            let halvedOutcome = try tiny.run("halved at 1", options, student: halved)
            options.temperature = 2
            let outcome = try tiny.run("whole at 2", options)
            let others = outcome.weights.indices.filter { !norm.contains($0) }
            let same = others.allSatisfy { outcome.weights[$0].bitPattern == halvedOutcome.weights[$0].bitPattern }
            #expect(same)
            #expect(outcome.records[0].meanReward == halvedOutcome.records[0].meanReward)
            #expect(outcome.records[0].loss == halvedOutcome.records[0].loss)
            #expect(try #require(outcome.records[0].meanReward) > 0)
        }
    }

    @Test func aRunMayGoOnWithMoreStepsAndAnotherReward() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            var options = tiny.options
            options.totalSteps = 4
            let whole = try tiny.run("four", options)
            options.totalSteps = 2
            _ = try tiny.run("two and two", options)
            options.totalSteps = 4
            options.reward = "a command"
            let resumed = try tiny.run("two and two", options, resume: true)
            let same = resumed == whole
            #expect(same)
            let store = RunStateStore(directory: tiny.directory.file("two and two/checkpoints"), keep: 2)
            #expect(
                try store.latest(ReinforcementState.self)?.state.changes == [
                    InputChange(step: 2, what: "totalSteps", was: "2", now: "4"),
                    InputChange(step: 2, what: "reward", was: TinyTasks.family, now: "a command"),
                ])
            options.totalSteps = 3
            #expect(throws: TrainingError.self) { try tiny.run("two and two", options, resume: true) }
        }
    }

    /// The gradient of a whole update, through the model: its slope along itself is its norm.
    @Test func theGradientIsTheSlopeOfTheLoss() async throws {
        try await onThread {
            let tiny = try Self.tiny.get()
            let model = try TrainableTransformer(
                checkpoint: Checkpoint(directory: tiny.tuned), workers: WorkerPool(threads: 1))
            let segments: [[Int32]] = [[5, 9, 12, 7, 30, 2, 0], [8, 8, 20, 1, 0]]
            let advantages = [1.5, -0.75]
            let prompt = 2
            let batch = PackedBatch(segments: segments)
            let old = try model.logProbs(batch).map { $0 + 0.05 }
            func loss(_ logProbs: [Float]) -> (value: Double, gradient: [Float]) {
                var loss = GRPOLoss(tokens: 8, clip: 0.2, klCoefficient: 0.05)
                var gradient = [Float](repeating: 0, count: batch.tokenCount)
                for index in segments.indices {
                    let range = batch.segments[index].dropFirst(prompt)
                    gradient.replaceSubrange(
                        range,
                        with: loss.add(
                            advantage: advantages[index], logProbs: Array(logProbs[range]), old: Array(old[range]),
                            start: old[range].map { $0 - 0.3 }))
                }
                return (loss.loss, gradient)
            }
            model.zeroGradients()
            try model.backward(logProbGradients: loss(try model.forward(batch)).gradient)
            let gradient = Array(model.gradients)
            let values = Array(model.values)
            let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            let step = 1e-4 / norm
            func moved(_ sign: Double) throws -> Double {
                for index in values.indices {
                    model.values[index] = values[index] + Float(sign * step * Double(gradient[index]))
                }
                model.parametersDidChange()
                return loss(try model.logProbs(batch)).value
            }
            let slope = (try moved(1) - moved(-1)) / (2 * step * norm)
            #expect(norm > 0.01 && abs(slope - norm) < 0.01 * norm, "\(slope), expected \(norm)")
        }
    }
}
