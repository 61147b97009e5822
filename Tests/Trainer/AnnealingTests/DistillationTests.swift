import Annealing
import Checkpoints
import Corpora
import Foundation
import Sequences
import Tensors
import Testing
import TestSupport
import TokenWeights
import Training
import Transformers

/// Whole runs and steps of knowledge distillation.
struct DistillationTests {
    private func tiny(steps: Int = 6, topK: Int = 8, weight: Double = 1) throws -> TinyRun {
        let run = try TinyRun(steps: steps)
        run.options.weighting.name = "ntp"
        run.options.distillation = DistillationOptions(topK: topK, weight: weight)
        run.saveEvery = 2
        return run
    }

    @Test(arguments: [(1, 1), (1, 2), (2, 1)])
    func anInterruptedRunEndsWithTheSameBits(_ before: Int, _ after: Int) throws {
        let run = try tiny(weight: 0.75)
        let teacher = try ModelSoftTargets(seed: 9, topK: 8)
        let whole = try run.run("whole", softTargets: teacher, heldOut: true)
        let cut = try run.run("cut", softTargets: teacher, threads: before, heldOut: true, stopAfter: 3)
        #expect(cut.interrupted && cut.steps.count == 3)
        let resumed = try run.run("cut", softTargets: teacher, threads: after, heldOut: true, resume: true)
        let isSame = resumed.weights == whole.weights && resumed.log == whole.log
        #expect(isSame)
        for step in whole.steps {
            let divergence = try #require(step.kdLoss)
            #expect(abs(step.weightedLoss - (0.25 * step.loss + 0.75 * divergence)) < 1e-6)
            #expect(step.weightHistogram == nil && step.meanWeight == 1)
        }
        #expect(whole.state.scoresFingerprint == "fake")
    }

    @Test func theStudentComesNearTheTeacher() throws {
        let run = try tiny(steps: 40)
        let steps = try run.run("run", softTargets: ModelSoftTargets(seed: 9, topK: 8)).steps
        #expect(try #require(steps.last?.kdLoss) < 0.5 * (try #require(steps.first?.kdLoss)))
        let same = try tiny(steps: 2).run("same", softTargets: ModelSoftTargets(seed: 1, topK: 8))
        #expect(abs(try #require(same.steps[0].kdLoss)) < 1e-6)
    }

    /// What the teacher says of context and of the first tokens of documents is not read.
    @Test func onlyScoredPositionsAreRead() throws {
        let run = try tiny()
        let plain = try run.run("plain", softTargets: ModelSoftTargets(seed: 9, topK: 8))
        let spoilt = try run.run("spoilt", softTargets: ModelSoftTargets(seed: 9, topK: 8, spoilsUnscored: true))
        let isSame = plain.weights == spoilt.weights && plain.log == spoilt.log
        #expect(isSame)
    }

    @Test func microBatchesChangeOnlyRounding() throws {
        let run = try tiny(steps: 2)
        let two = try run.run("two", softTargets: ModelSoftTargets(seed: 9, topK: 8))
        run.options.microBatchSequences = 4
        let four = try run.run("four", softTargets: ModelSoftTargets(seed: 9, topK: 8))
        #expect(abs(try #require(two.steps[0].kdLoss) - (try #require(four.steps[0].kdLoss))) < 1e-9)
        #expect(abs(two.steps[1].weightedLoss - four.steps[1].weightedLoss) < 1e-5)
    }

    @Test func withoutItsTeacherAStepIsNextTokenPrediction() throws {
        let run = try tiny()
        let away = try run.run(
            "away", softTargets: ModelSoftTargets(seed: 9, topK: 8, away: Set(1...6)), nextTokenOnOutage: true)
        #expect(away.steps.allSatisfy { $0.ntp == true && $0.kdLoss == nil })
        run.options.distillation = nil
        let plain = try run.run("ntp")
        let isSame = away.weights == plain.weights
        #expect(isSame)
        let some = try tiny().run(
            "some", softTargets: ModelSoftTargets(seed: 9, topK: 8, away: [2]), nextTokenOnOutage: true)
        #expect(some.steps.map { $0.kdLoss == nil } == [false, true, false, false, false, false])
    }

    @Test func anAnswerForOtherTokensIsNotTaken() throws {
        let run = try tiny()
        #expect(throws: AnnealingError.self) {
            try run.run("short", softTargets: ModelSoftTargets(seed: 9, topK: 8, dropsToken: true))
        }
        #expect(throws: AnnealingError.self) { try run.run("k", softTargets: ModelSoftTargets(seed: 9, topK: 7)) }
    }

    @Test(
        arguments: [
            { $0.distillation?.topK = 0 }, { $0.distillation?.weight = 0 }, { $0.distillation?.weight = 1.1 },
            { $0.distillation?.weight = .nan }, { $0.weighting.name = "remit" }, { $0.normalizer = .weights },
        ] as [@Sendable (inout AnnealingOptions) -> Void])
    func optionsThatNoRunCanHaveAreRefused(_ change: @Sendable (inout AnnealingOptions) -> Void) throws {
        var options = try tiny().options
        try options.validate()
        change(&options)
        #expect(throws: TrainingError.self) { try options.validate() }
    }

    /// Neither what the micro-batches are nor what the teacher says of unscored tokens chooses the tokens that are switched.
    @Test func switchingGoesByTheScoredTokensOfAStep() throws {
        let run = try tiny(steps: 3)
        run.options.distillation = DistillationOptions(
            topK: 8, divergence: Divergence(.reverse, temperature: 2), switchQuantile: 0.2)
        let teacher = { try ModelSoftTargets(seed: 9, topK: 8, temperature: 2, spoilsUnscored: $0) }
        let plain = try run.run("plain", softTargets: teacher(false))
        #expect(plain.steps.allSatisfy { ($0.kdLoss ?? -1) > 0 && $0.weightedLoss != $0.loss })
        let spoilt = try run.run("spoilt", softTargets: teacher(true))
        #expect(spoilt.steps.map(\.weightedLoss) == plain.steps.map(\.weightedLoss))
        run.options.microBatchSequences = 2
        let other = try run.run("micro", softTargets: teacher(false))
        for (a, b) in zip(plain.steps, other.steps) { #expect(abs(a.weightedLoss - b.weightedLoss) < 1e-6) }
        #expect(throws: AnnealingError.self) {
            try run.run("short", softTargets: ModelSoftTargets(seed: 9, topK: 8, dropsToken: true))
        }
    }

    /// As the certain fifth of the tokens grows to all of them, what is left is the tempered divergence.
    @Test func switchedAtAllTokensIsPlainDistillation() throws {
        let run = try tiny(steps: 2)
        let divergence = Divergence(.reverse, temperature: 2)
        run.options.distillation = DistillationOptions(topK: 8, divergence: divergence, switchQuantile: 1)
        let switched = try run.run("switched", softTargets: ModelSoftTargets(seed: 9, topK: 8, temperature: 2))
        run.options.distillation = DistillationOptions(topK: 8, divergence: divergence)
        let all = try run.run("all", softTargets: ModelSoftTargets(seed: 9, topK: 8, temperature: 2))
        #expect(switched.steps.map(\.weightedLoss) == all.steps.map(\.weightedLoss))
    }

    @Test(arguments: [
        ("kd-temperature", DistillationOptions(divergence: Divergence(temperature: 1000))),
        ("kd-quantile", DistillationOptions(switchQuantile: 0)),
        ("kd-quantile", DistillationOptions(switchQuantile: 1.5)),
        ("kd-weight", DistillationOptions(weight: 0.5, switchQuantile: 0.2)),
    ])
    func whatNoRunCanHaveIsRefused(_ flag: String, _ distillation: DistillationOptions) throws {
        var options = try tiny().options
        options.distillation = distillation
        #expect { try options.validate() } throws: { "\($0)".contains("--\(flag)") }
    }

    /// A state of before there was a choice is of what there was: forward, at temperature 1, of all tokens.
    @Test func whatEarlierVersionsWroteIsReadAsItWas() throws {
        let read = try JSONDecoder().decode(DistillationOptions.self, from: Data(#"{"topK":8,"weight":0.5}"#.utf8))
        #expect(read == DistillationOptions(topK: 8, weight: 0.5))
        let written = try JSONEncoder().encode(DistillationOptions(topK: 8, divergence: Divergence(.forward)))
        let text = String(decoding: written, as: UTF8.self)
        #expect(!text.contains("direction") && !text.contains("temperature") && !text.contains("Quantile"))
        let other = DistillationOptions(divergence: Divergence(.reverse, temperature: 2), switchQuantile: 0.2)
        #expect(try JSONDecoder().decode(DistillationOptions.self, from: JSONEncoder().encode(other)) == other)
    }

    /// A state that an earlier version saved has no such option.
    @Test func optionsWithoutItAreRead() throws {
        let options = try TinyRun().options
        let data = try JSONEncoder().encode(options)
        #expect(!String(decoding: data, as: UTF8.self).contains("distillation"))
        #expect(try JSONDecoder().decode(AnnealingOptions.self, from: data) == options)
        let distilled = try tiny().options
        #expect(try JSONDecoder().decode(AnnealingOptions.self, from: JSONEncoder().encode(distilled)) == distilled)
    }
}

/// A teacher of the tiny model's shape, with a fault if need be.
final class ModelSoftTargets: StepSource {
    private let model: FrozenTransformer
    private let topK: Int
    private let temperature: Double
    private let away: Set<Int>
    private let spoilsUnscored: Bool
    private let dropsToken: Bool

    init(
        seed: UInt64, topK: Int, temperature: Double = 1, away: Set<Int> = [], spoilsUnscored: Bool = false,
        dropsToken: Bool = false
    ) throws {
        self.topK = topK
        self.temperature = temperature
        self.away = away
        self.spoilsUnscored = spoilsUnscored
        self.dropsToken = dropsToken
        let directory = try TemporaryDirectory()
        try TinyRun.student(seed: seed).save(to: directory.file("teacher"), elementType: .f32)
        model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: directory.file("teacher")), workers: WorkerPool(threads: 1))
    }

    func request(_ batch: StepBatch) {}

    var scoresFingerprint: String? { "fake" }

    func answer(_ batch: StepBatch) throws -> [SoftTargets] {
        guard !away.contains(batch.step) else {
            throw AnnealingError.teacherAway(waited: .seconds(1), reason: "test")
        }
        return try batch.windows.map { window in
            let packed = PackedBatch(
                tokenIDs: window.tokenIDs, segments: window.segments)
            let scores = try model.scores(packed, ScoreDetail(topK: topK, temperatures: [temperature]))
            guard let top = scores.top?.tempered(scores.tempered[0]) else { throw TrainingError.interrupted }
            let entropies = scores.tempered[0].entropies
            if dropsToken {
                return SoftTargets(top.tokens(1..<window.tokenCount, k: topK), entropies: Array(entropies.dropFirst()))
            }
            guard spoilsUnscored else { return SoftTargets(top, entropies: entropies) }
            return SoftTargets(
                TopLogProbs(
                    k: topK, tokenIDs: top.tokenIDs,
                    logProbs: top.logProbs.indices.map { place in
                        window.scored[place / topK] ? top.logProbs[place] : -Float(place % topK) / 3 - 0.1
                    }), entropies: zip(entropies, window.scored).map { $1 ? $0 : 0 })
        }
    }
}
