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
    struct Example: Sendable, CustomTestStringConvertible {
        let file: String
        let options: DistillationOptions
        var zLossWeight = 0.0
        var testDescription: String { file }

        init(_ file: String, _ options: DistillationOptions, zLossWeight: Double = 0) {
            self.file = "distillation_step" + file
            self.options = options
            self.zLossWeight = zLossWeight
        }
    }

    private static func options(
        _ k: Int, _ weight: Double, _ direction: Divergence.Direction, _ temperature: Double, switched: Double? = nil
    ) -> DistillationOptions {
        DistillationOptions(
            topK: k, weight: weight, divergence: Divergence(direction, temperature: temperature),
            switchQuantile: switched)
    }

    /// Teachers of 48 tokens, as the student has, and of vocabularies with another padding: 56 and 40.
    static let examples = [
        Example("", DistillationOptions(topK: 6, weight: 0.7), zLossWeight: 0.05),
        Example("_whole", DistillationOptions(topK: 48)),
        Example("_wider", DistillationOptions(topK: 12, weight: 0.7)),
        Example("_wider_all", DistillationOptions(topK: 48)),
        Example("_narrower", DistillationOptions(topK: 12, weight: 0.7)),
        Example("_reverse", options(6, 0.7, .reverse, 1), zLossWeight: 0.05),
        Example("_tempered", options(6, 0.5, .forward, 2)),
        Example("_reverse_tempered_whole", options(48, 1, .reverse, 3), zLossWeight: 0.05),
        Example("_reverse_tempered_wider", options(12, 0.7, .reverse, 0.5)),
        Example("_switched", options(6, 1, .reverse, 2, switched: 0.2), zLossWeight: 0.05),
        Example("_switched_forward", options(12, 1, .forward, 1, switched: 0.5)),
    ]

    @Test(arguments: examples, [1, 2])
    func equalsPyTorch(_ example: Example, _ windowsPerForward: Int) throws {
        let golden = try GoldenStep(example.file)
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: golden.student, workers: workers)
        let (k, divergence) = (example.options.topK, example.options.divergence)
        var top = TopLogProbs(
            k: k, tokenIDs: try golden.values.ints("topk_token_ids").map { Int32($0) },
            logProbs: try golden.values.floats("topk_logprobs"))
        var entropies: [Float] = []
        if divergence.temperature != 1 || example.options.switchQuantile != nil {
            entropies = try golden.values.floats("entropy")
        }
        if divergence.temperature != 1 {
            top = top.tempered(
                TemperedScores(
                    temperature: divergence.temperature, logSumExps: try golden.values.floats("logsumexp"),
                    entropies: entropies))
        }
        let ids = top.tokenIDs
        top = top.within(vocabularySize: student.description.vocabularySize)
        #expect((top.tokenIDs != ids) == example.file.contains("wider"))
        let targets = golden.ranges.map { range in
            SoftTargets(top.tokens(range, k: k), entropies: entropies.isEmpty ? [] : Array(entropies[range]))
        }
        var options = AnnealingOptions()
        options.weighting.name = "ntp"
        options.distillation = example.options
        options.microBatchSequences = windowsPerForward
        options.gradientClip = 0.5
        options.zLossWeight = example.zLossWeight
        let weighting = try TokenWeightings.named("ntp")
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers),
            weighting: weighting, weightSource: LocalTokenWeights(weighting, teacher: nil), options: options,
            distillation: Distillation(example.options, from: KnownAnswers(targets)))
        let statistics = try step.run(golden.batch, learningRate: 1e-2)

        let scalars = try golden.values.doubles("scalars")
        #expect(abs(statistics.weightedLoss - scalars[0]) < GoldenStep.lossTolerance * scalars[0])
        #expect(abs(statistics.loss - scalars[1]) < GoldenStep.lossTolerance * scalars[1])
        #expect(abs(statistics.gradNorm - scalars[2]) < GoldenStep.gradientTolerance * scalars[2])
        #expect(abs(try #require(statistics.kdLoss) - scalars[3]) < GoldenStep.lossTolerance * scalars[3])
        try golden.expectUpdate(student)
    }
}
