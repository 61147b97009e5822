import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import TestSupport
import TokenWeights
import Training
import Transformers

/// One weighted step against PyTorch in float64 (scripts/goldens/annealing_weighted_step.py).
struct WeightedStepGoldenTests {
    private static let weightTolerance: Float = 1e-5

    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var normalizer: LossNormalizer
        var zLossWeight: Double
        var testDescription: String { file }
    }

    @Test(
        arguments: [
            Case(file: "weighted_step", normalizer: .tokens, zLossWeight: 0),
            Case(file: "weighted_step_normalized", normalizer: .weights, zLossWeight: 0.05),
        ], [1, 2])
    func equalsPyTorch(_ example: Case, _ windowsPerForward: Int) throws {
        let golden = try GoldenStep(example.file)
        let teacher = try golden.values.floats("teacher")
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: golden.student, workers: workers)
        var options = AnnealingOptions()
        options.microBatchSequences = windowsPerForward
        options.gradientClip = 0.5
        options.normalizer = example.normalizer
        options.zLossWeight = example.zLossWeight
        let weighting = try TokenWeightings.named("remit")
        let source = RecordingWeights(
            LocalTokenWeights(weighting, teacher: KnownAnswers(golden.ranges.map { Array(teacher[$0]) })))
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers),
            weighting: weighting, weightSource: source, options: options)
        let statistics = try step.run(golden.batch, learningRate: 1e-2)

        let scalars = try golden.values.doubles("scalars")
        #expect(abs(statistics.weightedLoss - scalars[0]) < GoldenStep.lossTolerance * scalars[0])
        #expect(abs(statistics.loss - scalars[1]) < GoldenStep.lossTolerance * scalars[1])
        if example.zLossWeight > 0 {
            #expect(abs(try #require(statistics.zLoss) - scalars[3]) < GoldenStep.lossTolerance * scalars[3])
        }
        #expect(abs(statistics.gradNorm - scalars[2]) < GoldenStep.gradientTolerance * scalars[2])
        let weights = source.recorded[0].flatMap { $0 }
        #expect(zip(weights, try golden.values.floats("weights")).allSatisfy { abs($0 - $1) < Self.weightTolerance })
        // Gradients are scaled once, when the sum of the weights is known; what the update takes is compared.
        let weightSum = weights.reduce(0.0) { $0 + Double($1) }
        let scale = example.normalizer == .tokens ? 1 : Float(Double(statistics.scoredTokens) / weightSum)
        try golden.expectUpdate(student, gradientScale: scale)
    }
}
