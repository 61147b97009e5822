import Checkpoints
import Foundation
import Sequences
import Tensors
import Transformers

/// Optimizer steps of a student on one batch with plain next-token loss: forward, backward, gradient norm, AdamW, and packing the
/// new weights.
final class TrainingWork: Work {
    let description: String
    private(set) var logProbs: [Float] = []
    private let student: TrainableTransformer
    private var batch = PackedBatch(segments: [])
    private let workers: WorkerPool
    private let firstMoments: TensorBuffer
    private let secondMoments: TensorBuffer
    private var step = 0

    init(directory: String, precision: String, threads: Int) throws {
        guard let precision = Precision(rawValue: precision) else { throw UsageError() }
        workers = WorkerPool(threads: threads)
        student = try TrainableTransformer(
            checkpoint: Checkpoint(directory: directory), precision: precision, workers: workers)
        firstMoments = TensorBuffer(count: student.description.parameterCount)
        secondMoments = TensorBuffer(count: student.description.parameterCount)
        description = KernelPath.best.name
    }

    func take(batchFile: String) throws { batch = try readBatch(batchFile) }

    func round() throws -> Report {
        var report = Report()
        step += 1
        let watch = Stopwatch()
        logProbs = try student.forward(batch)
        let scored = logProbs.filter { !$0.isNaN }
        student.zeroGradients()
        try student.backward(
            logProbGradients: [Float](repeating: -1 / Float(scored.count), count: batch.tokenCount))
        update()
        watch.stop(into: &report)
        report.set("tokens", batch.tokenCount)
        report.set("loss", -scored.reduce(0) { $0 + Double($1) } / Double(scored.count))
        return report
    }

    /// torch.optim.AdamW's defaults with a learning rate of 1e-4, no clipping.
    private func update() {
        student.withValues { values in
            student.withGradients { gradients in
                guard let values = values.baseAddress, let base = gradients.baseAddress else { return }
                _ = gradientNorm(UnsafeBufferPointer(gradients), workers: workers)
                adamWUpdate(
                    parameters: values, gradients: base, firstMoments: firstMoments.baseAddress,
                    secondMoments: secondMoments.baseAddress, count: gradients.count, learningRate: 1e-4, beta1: 0.9,
                    beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, step: step, gradientScale: 1, workers: workers)
            }
        }
        student.parametersDidChange()
    }
}
