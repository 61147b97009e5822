import Checkpoints
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Training with products in bf16 against training in f32, family by family.
@Suite struct BF16TrainingTests {
    /// Of a loss, relative. PyTorch's autocast moves the losses of these models by up to 1e-3.
    static let lossTolerance = 1e-3
    /// Of all gradients as one vector: norm of the difference over norm, and one minus the cosine. PyTorch's autocast moves them
    /// by 0.005 to 0.113, and 1e-5 to 6e-3: `smollm3-nope` most, as here.
    static let gradientTolerance = 0.1
    static let cosineTolerance = 5e-3

    @Test(arguments: Golden.names)
    func lossAndGradientsAreNearThoseOfF32(_ name: String) async throws {
        let golden = try Golden(name)
        let (f32, bf16) = try await onThread {
            (try Self.step(golden, .f32, threads: 2), try Self.step(golden, .bf16, threads: 2))
        }
        #expect(abs(bf16.loss - f32.loss) <= BF16TrainingTests.lossTolerance * f32.loss, "\(name)")
        let (x, y) = (f32.gradients.map(Double.init), bf16.gradients.map(Double.init))
        let difference = norm(zip(x, y).map { $0 - $1 }) / norm(x)
        #expect(difference <= BF16TrainingTests.gradientTolerance && difference > 1e-5, "\(name)")
        let cosine = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / norm(x) / norm(y)
        #expect(1 - cosine <= BF16TrainingTests.cosineTolerance, "\(name)")
    }

    @Test(arguments: Golden.names)
    func threadsAndKeptLogitsChangeNothing(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            let first = try Self.step(golden, .bf16, threads: 1)
            for (threads, keptLogitBytes) in [(1, 0), (2, 512 << 20), (3, 0), (7, 512 << 20)] {
                let other = try Self.step(golden, .bf16, threads: threads, keptLogitBytes: keptLogitBytes)
                let isSame = other.loss == first.loss && bits(other.gradients) == bits(first.gradients)
                #expect(isSame, "\(name), \(threads) threads, \(keptLogitBytes) bytes of logits")
            }
        }
    }

    /// Of a checkpoint in bf16 the student gives the teacher's bits.
    @Test(arguments: Golden.names)
    func logProbsAreTheFrozenModelsBits(_ name: String) async throws {
        let golden = try Golden(name)
        let directory = try TemporaryDirectory()
        try await onThread {
            let workers = WorkerPool(threads: 2)
            try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
                .save(to: directory.path, elementType: .bf16)
            let checkpoint = try Checkpoint(directory: directory.path)
            let frozen = try FrozenTransformer(checkpoint: checkpoint, precision: .bf16, workers: workers)
            let student = try TrainableTransformer(checkpoint: checkpoint, precision: .bf16, workers: workers)
            let expected = bits(try frozen.logProbs(golden.batch))
            let isSame = bits(try student.forward(golden.batch)) == expected
            let isEvaluation = bits(try student.logProbs(golden.batch)) == expected
            #expect(isSame && isEvaluation, "\(name)")
        }
    }

    private struct Step: Sendable {
        var loss: Double
        var gradients: [Float]
    }

    private static func step(
        _ golden: Golden, _ precision: Precision, threads: Int, keptLogitBytes: Int = 512 << 20
    ) throws -> Step {
        let model = try TrainableTransformer(
            checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: threads))
        model.maxKeptLogitBytes = keptLogitBytes
        let logProbs = try model.forward(golden.batch)
        try model.backward(logProbGradients: golden.weights.map { -$0 / Float(golden.scored.count) })
        let loss = -golden.scored.reduce(0) { $0 + Double(logProbs[$1]) } / Double(golden.scored.count)
        return Step(loss: loss, gradients: model.withGradients { Array($0) })
    }

    private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
