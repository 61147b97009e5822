import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import TokenWeights
import Transformers

/// One weighted step against PyTorch in float64 (scripts/goldens/annealing_weighted_step.py).
struct WeightedStepGoldenTests {
    /// DESIGN section 6: norm of the difference over norm.
    private static let gradientTolerance = 1e-4
    private static let lossTolerance = 1e-6
    private static let weightTolerance: Float = 1e-5
    /// AdamW's first update is close to the sign of the gradient: an element whose gradient is nearly 0 may differ.
    private static let updateTolerance = 1e-3

    private struct GoldenTeacher: TeacherLogProbSource {
        let values: [[Float]]
        func request(_ batch: StepBatch) {}
        func logProbs(_ batch: StepBatch) throws -> [[Float]] { values }
        var scoresFingerprint: String? { nil }
    }

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
        let teacher = try golden.floats("teacher")
        let workers = WorkerPool(threads: 2)
        let student = try TrainableTransformer(checkpoint: Checkpoint(directory: folder + "/student"), workers: workers)
        var options = AnnealingOptions()
        options.microBatchSequences = windowsPerForward
        options.gradientClip = 0.5
        options.normalizer = example.normalizer
        options.zLossWeight = example.zLossWeight
        let weighting = try TokenWeightings.named("remit")
        let source = RecordingWeights(
            LocalTokenWeights(weighting, teacher: GoldenTeacher(values: ranges.map { Array(teacher[$0]) })))
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers),
            weighting: weighting, weightSource: source, options: options)
        let statistics = try step.run(
            StepBatch(step: 1, windows: windows, cursorAfter: DataCursor()), learningRate: 1e-2)

        let scalars = try golden.doubles("scalars")
        #expect(abs(statistics.weightedLoss - scalars[0]) < Self.lossTolerance * scalars[0])
        #expect(abs(statistics.loss - scalars[1]) < Self.lossTolerance * scalars[1])
        if example.zLossWeight > 0 {
            #expect(abs(try #require(statistics.zLoss) - scalars[3]) < Self.lossTolerance * scalars[3])
        }
        #expect(abs(statistics.gradNorm - scalars[2]) < Self.gradientTolerance * scalars[2])
        let weights = source.recorded[0].flatMap { $0 }
        #expect(zip(weights, try golden.floats("weights")).allSatisfy { abs($0 - $1) < Self.weightTolerance })
        // Gradients are scaled once, when the sum of the weights is known; what the update takes is compared.
        let weightSum = weights.reduce(0.0) { $0 + Double($1) }
        let scale = example.normalizer == .tokens ? 1 : Float(Double(statistics.scoredTokens) / weightSum)
        let (gradients, values) = (student.copiedGradients, student.copiedValues)
        for parameter in student.parameters {
            let gradient = gradients[parameter.range].map { $0 * scale }
            let updated = Array(values[parameter.range])
            #expect(
                distance(gradient, try golden.floats("gradient." + parameter.name)) < Self.gradientTolerance,
                "\(parameter.name)")
            #expect(
                distance(updated, try golden.floats("updated." + parameter.name)) < Self.updateTolerance,
                "\(parameter.name)")
        }
    }
}
