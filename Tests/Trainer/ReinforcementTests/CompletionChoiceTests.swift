import Foundation
import Reinforcement
import System
import Tasks
import Testing
import TestSupport
import Training

/// Which tokens are drawn, which completions take part, and what the log says of them.
@Suite struct CompletionChoiceTests {
    /// Judges as the tasks do, but for those of which it is told to say nothing, or anything else.
    private struct Judge: RewardSource {
        var answer: @Sendable (_ index: Int, _ attempt: Attempt, _ reward: Double?) -> Double?

        func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?] {
            let own = try TaskRewards(families: [TinyTasks.family]).rewards(attempts, stop: stop)
            return attempts.indices.map { answer($0, attempts[$0], own[$0]) }
        }
    }

    private func options(_ tiny: TinyTasks, _ change: (inout ReinforcementOptions) -> Void = { _ in })
        -> ReinforcementOptions
    {
        var options = tiny.options
        options.totalSteps = 2
        change(&options)
        return options
    }

    /// One of each group of four: neither the mean nor the loss has it.
    @Test func aCompletionOfWhichNothingIsSaidTakesNoPart() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let options = options(tiny) {
                $0.samplesPerPrompt = 4; $0.klCoefficient = 0.1
            }
            let plain = try tiny.run("all judged", options)
            let silent = try tiny.run(
                "some judged", options, rewards: Judge { index, _, reward in index % 4 == 0 ? nil : reward })
            let record = silent.records[0]
            #expect(record.unjudged == 32 && plain.records[0].unjudged == nil)
            #expect(try #require(record.lossTokens) < record.tokens && plain.records[0].lossTokens == nil)
            #expect(silent.weights != plain.weights)
            let first = try #require(tiny.draws(options).first)
            let rewards = try TaskRewards(families: [TinyTasks.family]).rewards(first, stop: StopFlag())
            let judged = rewards.indices.filter { $0 % 4 != 0 }.compactMap { rewards[$0] }
            #expect(record.meanReward == judged.reduce(0, +) / Double(judged.count))
            #expect(
                record.lossTokens == first.indices.filter { $0 % 4 != 0 }.reduce(0) { $0 + first[$1].tokenIDs.count })
        }
    }

    /// The update is not made: not even what the optimizer's moments and the decay would add.
    @Test func aStepOfWhichNothingIsSaidChangesNothing() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let options = options(tiny) { $0.optimizer.weightDecay = 0.5 }
            let counter = Locked(0)
            let silent = Judge { index, _, reward in
                if index == 0 { counter.withLock { $0 += 1 } }
                return counter.withLock { $0 } == 1 ? reward : nil
            }
            let two = try tiny.run("silent second", options, rewards: silent)
            var one = options
            one.totalSteps = 1
            #expect(try two.weights == tiny.run("one step", one).weights)
            #expect(two.records[1].meanReward == nil && two.records[1].lossTokens == 0 && two.records[1].gradNorm == 0)
        }
    }

    /// Left out of the loss, not of the group's mean: as though their tokens were not there.
    @Test func truncatedCompletionsAreLeftOutOfTheLoss() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let masked = options(tiny) {
                $0.maxNewTokens = 9; $0.masksTruncated = true
            }
            let plain = options(tiny) { $0.maxNewTokens = 9 }
            let (with, without) = (try tiny.run("masked", masked), try tiny.run("unmasked", plain))
            let share = with.records[0].finishedShare
            #expect(share > 0 && share < 1 && with.records[0].meanReward == without.records[0].meanReward)
            let first = try #require(tiny.draws(masked).first)
            #expect(with.records[0].lossTokens == first.filter(\.isFinished).reduce(0) { $0 + $1.tokenIDs.count })
            #expect(with.weights != without.weights && without.records[0].lossTokens == nil)
            // Where all end by themselves nothing is left out, and nothing changes.
            let roomy = options(tiny) {
                $0.maxNewTokens = 60; $0.totalSteps = 1; $0.temperature = 0.2
            }
            var both = roomy
            both.masksTruncated = true
            let whole = try tiny.run("roomy", roomy)
            #expect(whole.records[0].finishedShare == 1)
            #expect(try tiny.run("roomy masked", both) == whole)
        }
    }

    /// One token that may be drawn is the likeliest: all completions of a prompt are its greedy one, and nothing is learned.
    @Test func topKAndTopPNarrowWhatIsDrawn() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            for narrow in [options(tiny) { $0.topK = 1 }, options(tiny) { $0.topP = 1e-9 }] {
                let outcome = try tiny.run("narrow \(narrow.topK ?? 0)", narrow)
                #expect(outcome.records.allSatisfy { $0.uniformShare == 1 && $0.loss == 0 })
                #expect(try #require(outcome.records[0].entropy) > 0)
            }
            let plain = try tiny.run("wide", options(tiny))
            #expect(
                try tiny.run(
                    "all of them",
                    options(tiny) {
                        $0.topK = 1 << 20; $0.topP = 1
                    }) == plain)
            #expect(try tiny.run("half", options(tiny) { $0.topP = 0.5 }) != plain)
        }
    }

    @Test(arguments: [1, 2])
    func aRunWithAllOfThemResumesExactly(_ threads: Int) async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let options = options(tiny) {
                ($0.totalSteps, $0.updatesPerStep, $0.topK, $0.topP, $0.clipHigh) = (4, 2, 20, 0.9, 0.28)
                ($0.masksTruncated, $0.maxNewTokens) = (true, 12)
            }
            let judge = Judge { _, attempt, reward in attempt.tokenIDs.count % 5 == 0 ? nil : reward }
            let name = "choices \(threads)"
            let whole = try tiny.run(name, options, rewards: judge, shown: 3)
            let first = try tiny.run(name + " cut", options, rewards: judge, threads: threads, stopAfter: 2, shown: 3)
            #expect(first.interrupted)
            let second = try tiny.run(name + " cut", options, rewards: judge, resume: true, shown: 3)
            let same = second == whole
            #expect(same && whole.records.contains { $0.unjudged != nil })
            var other = options
            other.clipHigh = nil
            #expect(throws: TrainingError.self) { try tiny.run(name + " cut", other, resume: true) }
        }
    }

    @Test func theLogShowsCompletionsLengthsAndEntropy() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let options = options(tiny) {
                $0.totalSteps = 1; $0.promptsPerStep = 3; $0.samplesPerPrompt = 2
            }
            let record = try tiny.run("shown", options, shown: 4).records[0]
            let drawn = try #require(tiny.draws(options).first)
            let shown = [0, 2, 4, 1].map { drawn[$0] }
            let logged = try #require(record.completions)
            #expect(logged.map(\.prompt) == shown.map(\.prompt) && logged.map(\.completion) == shown.map(\.completion))
            #expect(
                logged.map(\.tokens) == shown.map(\.tokenIDs.count) && logged.map(\.finished) == shown.map(\.isFinished)
            )
            let lengths = try #require(record.lengths)
            let counts = drawn.map(\.tokenIDs.count).sorted()
            #expect(lengths.min == counts.first && lengths.max == counts.last)
            #expect(lengths.median == Double(counts[2] + counts[3]) / 2)
            #expect(lengths.mean == Double(record.tokens) / 6)
            let entropy = try #require(record.entropy)
            #expect(entropy > 0 && entropy < log(Double(TaskAlphabet.vocabularySize)))
            #expect(try tiny.run("not shown", options).records[0].completions == nil)
            let long = LoggedCompletion(
                prompt: String(repeating: "é", count: 1_000_000), completion: "", reward: nil, tokens: 1, finished: true
            )
            #expect(long.prompt.utf8.count <= 1000 && long.prompt.hasSuffix("…"))
        }
    }

    /// Runs of before had neither.
    @Test func anOlderRecordIsRead() throws {
        let line =
            #"{"clipped_share":0,"divergence":0,"finished_share":1,"grad_norm":1,"learning_rate":1,"loss":0,"mean_reward":0.5,"#
            + #""reward_seconds":0,"sampling_seconds":0,"step":1,"tokens":4,"uniform_share":0,"update_seconds":0}"#
        let directory = try TemporaryDirectory()
        let records: [ReinforcementRecord] = try StepLog.records(
            directory.write("log.jsonl", Array((line + "\n").utf8)))
        #expect(records.map(\.meanReward) == [0.5] && records[0].lengths == nil && records[0].entropy == nil)
    }

    @Test(arguments: [
        ("top-k", 0.0), ("top-p", 0), ("top-p", 1.5), ("top-p", .nan), ("clip-high", 0), ("clip-high", .infinity),
    ])
    func numbersThatNoRunCanHaveAreRefused(_ flag: String, _ value: Double) throws {
        var options = ReinforcementOptions()
        options.totalSteps = 1
        switch flag {
        case "top-k": options.topK = Int(value)
        case "top-p": options.topP = value
        default: options.clipHigh = value
        }
        #expect {
            try options.validate()
        } throws: { "\($0)".contains("--" + flag) }
    }
}
