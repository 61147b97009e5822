import Corpora
import Tensors
import TokenWeights
import Transformers

/// One optimizer step, from its windows to the updated student.
package struct TrainStep {
    package let student: TrainableTransformer
    package let optimizer: AdamW
    package let weighting: any TokenWeighting
    package let weightSource: any TokenWeightSource
    package let options: AnnealingOptions

    package init(
        student: TrainableTransformer, optimizer: AdamW, weighting: any TokenWeighting,
        weightSource: any TokenWeightSource, options: AnnealingOptions
    ) {
        self.student = student
        self.optimizer = optimizer
        self.weighting = weighting
        self.weightSource = weightSource
        self.options = options
    }

    /// Throws before anything is updated where the loss or the gradient is not finite.
    package func run(_ batch: StepBatch, learningRate: Double) throws -> StepStatistics {
        var statistics = StepStatistics(batch)
        let normalizer = try batch.windows.reduce(0) { try $0 + weighting.keptTokens($1) }
        guard normalizer > 0 else { throw AnnealingError.nothingScored(step: batch.step) }
        var loss = WeightedCrossEntropy(normalizer: normalizer, scoredTokens: batch.scoredTokens)

        student.zeroGradients()
        for windows in batch.microBatches(of: options.microBatchSequences) {
            let packed = PackedWindows(batch.windows[windows])
            let logProbs = packed.split(try student.forward(packed.batch))
            let weighted = try statistics.timingWait {
                try weightSource.weights(batch, windows: windows, student: logProbs)
            }
            var dLogProbs: [Float] = []
            for (window, (weighted, logProbs)) in zip(batch.windows[windows], zip(weighted, logProbs)) {
                dLogProbs += loss.add(weights: weighted.weights, logProbs: logProbs, scored: window.scored)
                statistics.add(weighted)
            }
            try student.backward(logProbGradients: dLogProbs)
        }

        statistics.weightedLoss = try finite(loss.loss, "the weighted loss", batch)
        statistics.loss = try finite(loss.plainLoss, "the loss", batch)
        statistics.gradNorm = try finite(optimizer.gradientNorm(student), "the gradient norm", batch)
        optimizer.update(student, learningRate: learningRate, gradientScale: clipScale(statistics.gradNorm))
        return statistics
    }

    private func clipScale(_ gradNorm: Double) -> Float {
        guard options.gradientClip > 0, gradNorm > options.gradientClip else { return 1 }
        return Float(options.gradientClip / gradNorm)
    }

    private func finite(_ value: Double, _ what: String, _ batch: StepBatch) throws -> Double {
        guard value.isFinite else { throw AnnealingError.nonFinite(step: batch.step, what: what, value: "\(value)") }
        return value
    }
}

extension StepBatch {
    /// Ranges of windows that are computed together.
    func microBatches(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: windows.count, by: count).map { $0..<min($0 + count, windows.count) }
    }
}
