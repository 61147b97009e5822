import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import TestSupport
import Testing
import TokenWeights
import Training
import Transformers

/// Ten updates against torch.optim.AdamW in float64 (scripts/goldens/annealing_parameter_groups.py).
struct ParameterGroupGoldenTests {
    /// Relative; of f32 against float64.
    private static let lossTolerance = 1e-5

    private static let groups = [
        "model.embed_tokens.weight learning-rate=0.1x weight-decay=0", "*norm* weight-decay=0.05",
        "lm_head.* learning-rate=3x weight-decay=0.2", "model.layers.1.self_attn.* learning-rate=0x weight-decay=0.1",
    ]

    @Test func tenLossesEqualPyTorchs() throws {
        let step = try GoldenStep("weighted_step")
        let golden = try GoldenFile(GoldenStep.folder() + "/parameter_groups.safetensors")
        let expected = try golden.doubles("losses")
        let (losses, student) = try run(step, groups: Self.groups)
        #expect(losses.count == 10 && expected.count == 10)
        for (loss, expected) in zip(losses, expected) {
            #expect(abs(loss - expected) < Self.lossTolerance * expected, "\(losses)")
        }
        let values = student.copiedValues
        for parameter in student.parameters {
            #expect(
                distance(Array(values[parameter.range]), try golden.floats("updated." + parameter.name))
                    < GoldenStep.updateTolerance, "\(parameter.name)")
        }
        // Each of the groups is needed for it.
        for left in Self.groups.indices {
            var groups = Self.groups
            groups.remove(at: left)
            let others = try run(step, groups: groups).losses
            #expect(abs(others[9] - expected[9]) > Self.lossTolerance * expected[9], "\(Self.groups[left])")
        }
    }

    private func run(
        _ golden: GoldenStep, groups: [String]
    ) throws -> (losses: [Double], student: TrainableTransformer) {
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: golden.student, workers: workers)
        var options = AnnealingOptions()
        options.weighting = Weighting(NextTokenPrediction.name)
        options.gradientClip = 0.5
        options.optimizer.beta1 = 0.8
        options.optimizer.beta2 = 0.97
        options.optimizer.epsilon = 1e-5
        options.optimizer.weightDecay = 0.3
        options.optimizer.parameterGroups = try groups.map(ParameterGroup.init(parsing:))
        options.totalSteps = 10
        options.schedule = LearningRateSchedule(peak: 1e-2)
        try options.validate()
        try options.optimizer.check(student.parameters)
        let weighting = try options.weighting.make()
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers),
            weighting: weighting, weightSource: LocalTokenWeights(weighting, teacher: nil), options: options)
        let losses = try (0..<10).map { index in
            let rate = options.schedule.rate(step: index, totalSteps: options.totalSteps)
            return try step.run(
                StepBatch(step: index + 1, windows: golden.windows, cursorAfter: DataCursor()), learningRate: rate
            ).loss
        }
        return (losses, student)
    }
}
