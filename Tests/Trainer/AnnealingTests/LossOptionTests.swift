import Annealing
import Foundation
import Tensors
import TestSupport
import Testing
import TokenWeights
import Training
import Transformers

/// --normalizer and --z-loss-weight over whole runs; against PyTorch they are checked in WeightedStepGoldenTests.
struct LossOptionTests {
    @Test func dividingByTheWeightsMakesTheLossAWeightedMean() throws {
        let run = try TinyRun(steps: 3)
        run.options.gradientClip = 0  // clipping to a norm would undo the scale
        let tokens = try run.run("tokens", teacher: ModelTeacher(seed: 9))
        run.options.normalizer = .weights
        let weights = try run.run("weights", teacher: ModelTeacher(seed: 9))
        let (first, second) = (tokens.steps[0], weights.steps[0])
        #expect(abs(second.weightedLoss * second.meanWeight - first.weightedLoss) < 1e-12)
        #expect(abs(second.gradNorm * second.meanWeight - first.gradNorm) < 1e-9 * first.gradNorm)
        #expect(abs(first.meanWeight - 1) > 1e-4)
        let areEqual = tokens.weights == weights.weights
        #expect(!areEqual)
    }

    /// Where all weights are 1 the two normalizers are one number.
    @Test func plainLossIsTheSameBitsWithEitherNormalizer() throws {
        let run = try TinyRun(steps: 3)
        run.options.weighting.name = "ntp"
        let tokens = try run.run("tokens")
        run.options.normalizer = .weights
        let weights = try run.run("weights")
        let areEqual = tokens.weights == weights.weights && tokens.log == weights.log
        #expect(areEqual)
        run.options.weighting.name = "rho1"
        let kept = try run.run("rho1", teacher: ModelTeacher(seed: 9))
        run.options.normalizer = .tokens
        let byTokens = try run.run("rho1-tokens", teacher: ModelTeacher(seed: 9)).weights == kept.weights
        #expect(byTokens)
    }

    /// It was called a divergence, which a lower learning rate was to mend.
    @Test func weightsThatAreAllZeroAreNoDivergence() throws {
        let run = try TinyRun(steps: 1)
        let student = try TinyRun.student()
        let before = student.copiedValues
        let weighting = DomainWeights(Weighting(DomainWeights.name, epsilon: 1))
        func step(_ normalizer: LossNormalizer) throws -> StepStatistics {
            run.options.normalizer = normalizer
            return try TrainStep(
                student: student,
                optimizer: AdamW(run.options.optimizer, for: student, workers: WorkerPool(threads: 1)),
                weighting: weighting, weightSource: LocalTokenWeights(weighting, teacher: nil, domains: ["other"]),
                options: run.options
            ).run(run.firstBatch(), learningRate: 1e-3)
        }
        #expect(throws: AnnealingError.nothingWeighted(step: 1)) { try step(.weights) }
        let areUntouched = student.copiedValues == before
        #expect(areUntouched)
        #expect(try step(.tokens).weightedLoss == 0)
    }

    @Test func zLossShrinksTheLogPartition() throws {
        let run = try TinyRun(steps: 30)
        run.options.schedule.peak = 3e-2
        let plain = try run.run("plain", teacher: ModelTeacher(seed: 9))
        run.options.zLossWeight = 0.1
        let regular = try run.run("z", teacher: ModelTeacher(seed: 9))
        #expect(plain.steps.allSatisfy { $0.zLoss == nil })
        #expect(regular.steps[0].weightedLoss == plain.steps[0].weightedLoss)
        let (first, last) = (try #require(regular.steps[0].zLoss), try #require(regular.steps[29].zLoss))
        #expect(first > 0 && last < first / 2)
    }

    @Test func zLossDoesNotDependOnMicroBatchesOrResume() throws {
        let run = try TinyRun(steps: 4)
        run.options.zLossWeight = 1e-3
        run.options.batchSequences = 8
        let cut = try run.run("4x2", teacher: ModelTeacher(seed: 9))
        run.options.microBatchSequences = 8
        let whole = try run.run("1x8", teacher: ModelTeacher(seed: 9))
        let (a, b) = (try #require(cut.steps[0].zLoss), try #require(whole.steps[0].zLoss))
        #expect(abs(a - b) < 1e-6 * b)
    }
}
