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

/// One distillation step against PyTorch in float64 (scripts/goldens/annealing_distillation_step.py).
struct DistillationGoldenTests {
    /// Teachers of 48 tokens, as the student has, and of vocabularies with another padding: 56 and 40.
    @Test(
        arguments: [
            ("distillation_step", 6, 0.7, 0.05), ("distillation_step_whole", 48, 1, 0),
            ("distillation_step_wider", 12, 0.7, 0), ("distillation_step_wider_all", 48, 1, 0),
            ("distillation_step_narrower", 12, 0.7, 0),
        ], [1, 2])
    func equalsPyTorch(
        _ example: (file: String, k: Int, weight: Double, zLossWeight: Double), _ windowsPerForward: Int
    ) throws {
        let golden = try GoldenStep(example.file)
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: golden.student, workers: workers)
        let ids = try golden.values.ints("topk_token_ids").map { Int32($0) }
        let top = TopLogProbs(
            k: example.k, tokenIDs: ids, logProbs: try golden.values.floats("topk_logprobs")
        ).within(vocabularySize: student.description.vocabularySize)
        #expect((top.tokenIDs != ids) == example.file.contains("wider"))
        var options = AnnealingOptions()
        options.weighting.name = "ntp"
        options.distillation = DistillationOptions(topK: example.k, weight: example.weight)
        options.microBatchSequences = windowsPerForward
        options.gradientClip = 0.5
        options.zLossWeight = example.zLossWeight
        let weighting = try TokenWeightings.named("ntp")
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers),
            weighting: weighting, weightSource: LocalTokenWeights(weighting, teacher: nil), options: options,
            distillation: Distillation(
                try #require(options.distillation),
                from: KnownAnswers(golden.ranges.map { top.tokens($0, k: example.k) })))
        let statistics = try step.run(golden.batch, learningRate: 1e-2)

        let scalars = try golden.values.doubles("scalars")
        #expect(abs(statistics.weightedLoss - scalars[0]) < GoldenStep.lossTolerance * scalars[0])
        #expect(abs(statistics.loss - scalars[1]) < GoldenStep.lossTolerance * scalars[1])
        #expect(abs(statistics.gradNorm - scalars[2]) < GoldenStep.gradientTolerance * scalars[2])
        #expect(abs(try #require(statistics.kdLoss) - scalars[3]) < GoldenStep.lossTolerance * scalars[3])
        try golden.expectUpdate(student)
    }
}
