import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import TokenWeights
import Transformers

/// One distillation step against PyTorch in float64 (scripts/goldens/annealing_distillation_step.py).
struct DistillationGoldenTests {
    /// As for weighted steps.
    private static let gradientTolerance = 1e-4
    private static let lossTolerance = 1e-6
    private static let updateTolerance = 1e-3

    private struct GoldenTeacher: SoftTargetSource {
        let values: [TopLogProbs]
        func request(_ batch: StepBatch) {}
        func softTargets(_ batch: StepBatch) throws -> [TopLogProbs] { values }
        var scoresFingerprint: String? { nil }
    }

    @Test(arguments: [("distillation_step", 6, 0.7, 0.05), ("distillation_step_whole", 48, 1, 0)], [1, 2])
    func equalsPyTorch(
        _ example: (file: String, k: Int, weight: Double, zLossWeight: Double), _ windowsPerForward: Int
    ) throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Goldens").path
        let golden = try GoldenFile(folder + "/\(example.file).safetensors")
        let windowStarts = try golden.ints("window_starts")
        let segmentStarts = try golden.ints("segment_starts")
        let ranges = zip(windowStarts, windowStarts.dropFirst()).map { $0..<$1 }
        let ids = try golden.ints("token_ids").map { Int32($0) }
        let scored = try golden.ints("scored").map { $0 == 1 }
        let windows = ranges.map { range in
            TrainingWindow(
                tokenIDs: Array(ids[range]),
                segmentStarts: segmentStarts.filter(range.contains).map { $0 - range.lowerBound },
                scored: Array(scored[range]))
        }
        let top = TopLogProbs(
            k: example.k, tokenIDs: try golden.ints("topk_token_ids").map { Int32($0) },
            logProbs: try golden.floats("topk_logprobs"))
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: Checkpoint(directory: folder + "/student"), workers: workers)
        var options = AnnealingOptions()
        options.weighting = "ntp"
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
                from: GoldenTeacher(values: ranges.map { top.tokens($0, k: example.k) })))
        let statistics = try step.run(
            StepBatch(step: 1, windows: windows, cursorAfter: DataCursor()), learningRate: 1e-2)

        let scalars = try golden.doubles("scalars")
        #expect(abs(statistics.weightedLoss - scalars[0]) < Self.lossTolerance * scalars[0])
        #expect(abs(statistics.loss - scalars[1]) < Self.lossTolerance * scalars[1])
        #expect(abs(statistics.gradNorm - scalars[2]) < Self.gradientTolerance * scalars[2])
        #expect(abs(try #require(statistics.kdLoss) - scalars[3]) < Self.lossTolerance * scalars[3])
        let (gradients, values) = (student.copiedGradients, student.copiedValues)
        for parameter in student.parameters {
            let (gradient, updated) = (Array(gradients[parameter.range]), Array(values[parameter.range]))
            #expect(
                distance(gradient, try golden.floats("gradient." + parameter.name)) < Self.gradientTolerance,
                "\(parameter.name)")
            #expect(
                distance(updated, try golden.floats("updated." + parameter.name)) < Self.updateTolerance,
                "\(parameter.name)")
        }
    }
}
