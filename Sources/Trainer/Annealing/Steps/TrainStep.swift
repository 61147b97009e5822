import Corpora
import Sequences
import Tensors
import TokenWeights
import Training
import Transformers

/// One optimizer step, from its windows to the updated student.
package struct TrainStep {
    /// Model that is trained, in place.
    package let student: TrainableTransformer
    /// Optimizer of the student, with its moments.
    package let optimizer: AdamW
    private let objective: StepObjective
    private let options: AnnealingOptions
    private let nextTokenOnOutage: Bool

    /// - Parameters:
    ///   - weighting: that of the run, asked here for the loss's divisor alone; the weights come from `weightSource`.
    ///   - weightSource: of the weights, given the student's log-probs of the step.
    ///   - distillation: with the options that `options` name: both are nil, or equal.
    ///   - nextTokenOnOutage: whether a step whose teacher is away is one of plain next-token loss, instead of an error.
    package init(
        student: TrainableTransformer, optimizer: AdamW, weighting: any TokenWeighting,
        weightSource: any WeightSource, options: AnnealingOptions, distillation: Distillation? = nil,
        nextTokenOnOutage: Bool = false
    ) {
        precondition(distillation?.options == options.distillation, "what the options say")
        self.student = student
        self.optimizer = optimizer
        self.options = options
        self.nextTokenOnOutage = nextTokenOnOutage
        objective = StepObjective(
            weighting: weighting, weightSource: weightSource, distillation: distillation,
            weightRange: options.weightRange)
    }

    /// Announces a step to whoever is asked for it.
    func request(_ batch: StepBatch) { objective.request(batch) }

    /// Scores fingerprint of what the teacher answered so far, with weights or soft targets; nil before the first answer.
    var scoresFingerprint: String? { objective.scoresFingerprint }

    /// Computes one step: forward, weights, loss and backward for each micro-batch, then the clipped update.
    ///
    /// Makes no update where the step is a spike. What it throws comes before anything is updated.
    ///
    /// - Parameters:
    ///   - learningRate: of this step's update.
    ///   - spikes: what the steps before it were like; this one is added.
    /// - Throws: `AnnealingError.nothingScored`; `.nothingWeighted`; `.nonFinite` for a loss or gradient that is not finite;
    ///   `.teacherAway`, unless `nextTokenOnOutage`; what the sources of weights and soft targets throw.
    package func run(_ batch: StepBatch, learningRate: Double, spikes: inout SpikeWindow) throws -> StepStatistics {
        var (statistics, scale) = try gradients(batch)
        statistics.isSkipped = spikes.isSpike(
            loss: statistics.weightedLoss, gradNorm: statistics.gradNorm, options.spikes)
        guard !statistics.isSkipped else { return statistics }
        let clip = GradientClip(maxNorm: options.gradientClip).scale(norm: statistics.gradNorm)
        optimizer.update(student, learningRate: learningRate, gradientScale: Float(scale * clip))
        return statistics
    }

    /// Gradients of the step in the student, and the factor that they are still to be multiplied by.
    private func gradients(_ batch: StepBatch) throws -> (StepStatistics, scale: Double) {
        var waited = Duration.zero
        do {
            return try gradients(batch, of: objective, &waited)
        } catch AnnealingError.teacherAway where nextTokenOnOutage {
            // Nothing has been updated: the step begins anew, as one of plain next-token loss.
            var (statistics, scale) = try gradients(batch, of: .nextToken(), &waited)
            statistics.isNextToken = true
            return (statistics, scale)
        }
    }

    private func gradients(
        _ batch: StepBatch, of objective: StepObjective, _ waited: inout Duration
    ) throws -> (StepStatistics, scale: Double) {
        var statistics = StepStatistics(batch, weightRange: objective.weightRange)
        let tokens = try batch.windows.reduce(0) { try $0 + objective.weighting.keptTokens($1) }
        guard tokens > 0 else { throw AnnealingError.nothingScored(step: batch.step) }
        var loss = WeightedCrossEntropy(
            tokens: tokens, scoredTokens: batch.scoredTokens, normalizer: options.normalizer,
            zLossWeight: options.zLossWeight)
        let shares = try Self.timing(&waited) { try objective.shares(batch) }
        var divergence = shares.map(DistillationLoss.init)

        student.zeroGradients()
        for windows in batch.microBatches(of: options.microBatchSequences) {
            let packed = PackedWindows(batch.windows[windows])
            let logProbs = packed.split(try forward(packed, batch, windows, shares?.top(windows)))
            let weighted = try Self.timing(&waited) {
                try objective.weightSource.answer(WeightQuestion(batch, windows: windows, student: logProbs))
            }
            var dLogProbs: [Float] = []
            for (index, (weighted, logProbs)) in zip(windows, zip(weighted, logProbs)) {
                let window = batch.windows[index]
                let weights = shares?.lossWeights(weighted.weights, window: index) ?? weighted.weights
                dLogProbs += loss.add(weights: weights, logProbs: logProbs, scored: window.scored)
                statistics.add(weighted, of: window)
            }
            try student.backward(
                logProbGradients: dLogProbs,
                logSumExpGradients: try zLossGradients(batch.windows[windows], packed, weighted, &loss),
                divergenceGradients: shares.flatMap {
                    divergenceGradients($0.distilled[windows], packed, &divergence)
                })
        }

        // Not a loss that diverged, which a lower learning rate would mend.
        guard !loss.gradientScale.isInfinite else { throw AnnealingError.nothingWeighted(step: batch.step) }
        statistics.weightedLoss = try finite(loss.loss + (divergence?.loss ?? 0), "the weighted loss", batch)
        statistics.kdLoss = divergence?.mean
        statistics.loss = try finite(loss.plainLoss, "the loss", batch)
        if options.zLossWeight > 0 { statistics.zLoss = try finite(loss.zLoss, "the z-loss", batch) }
        statistics.gradNorm = try finite(
            optimizer.gradientNorm(student) * loss.gradientScale, "the gradient norm", batch)
        statistics.wait = waited
        return (statistics, loss.gradientScale)
    }

    /// dLoss/dlog Z of the windows that were computed last; nil without a z-loss.
    private func zLossGradients(
        _ windows: ArraySlice<TrainingWindow>, _ packed: PackedWindows, _ weighted: [WindowWeights],
        _ loss: inout WeightedCrossEntropy
    ) throws -> [Float]? {
        guard options.zLossWeight > 0 else { return nil }
        var gradients: [Float] = []
        for (window, (weighted, logSumExps)) in zip(
            windows, zip(weighted, packed.split(try student.logSumExps())))
        {
            gradients += loss.add(weights: weighted.weights, logSumExps: logSumExps, scored: window.scored)
        }
        return gradients
    }

    /// dLoss/dKL of the windows that were computed last.
    private func divergenceGradients(
        _ distilled: ArraySlice<[Bool]>, _ packed: PackedWindows, _ loss: inout DistillationLoss?
    ) -> [Float] {
        zip(distilled, packed.split(student.divergences())).flatMap { distilled, divergences in
            loss?.add(divergences: divergences, distilled: distilled) ?? []
        }
    }

    /// Adds the time of `body` to `total`, whether it throws or not.
    private static func timing<Value>(_ total: inout Duration, _ body: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        defer { total += ContinuousClock.now - start }
        return try body()
    }

    /// The student's log-probs; one that is not finite is told with its document.
    private func forward(
        _ packed: PackedWindows, _ batch: StepBatch, _ windows: Range<Int>, _ softTargets: TopLogProbs?
    ) throws -> [Float] {
        do {
            return try student.forward(
                packed.batch, softTargets: softTargets,
                divergence: options.distillation?.divergence ?? Divergence())
        } catch TransformerError.nonFiniteLogProb(var position) {
            let index = windows.first { index in
                guard position >= batch.windows[index].tokenCount else { return true }
                position -= batch.windows[index].tokenCount
                return false
            }
            let window = batch.windows[index ?? windows.lowerBound]
            let document = (window.pieces.firstIndex { $0.start > position } ?? window.pieces.count) - 1
            let range = window.range(ofPiece: document)
            throw AnnealingError.nonFiniteLogProb(
                step: batch.step, window: index ?? windows.lowerBound, document: document,
                position: position - range.lowerBound, beginning: Array(window.tokenIDs[range].prefix(8)))
        }
    }

    private func finite(_ value: Double, _ what: String, _ batch: StepBatch) throws -> Double {
        guard value.isFinite else { throw AnnealingError.nonFinite(step: batch.step, what: what, value: "\(value)") }
        return value
    }
}

extension TrainStep {
    /// Computes a step with nothing before it, which is never a spike.
    package func run(_ batch: StepBatch, learningRate: Double) throws -> StepStatistics {
        var spikes = SpikeWindow()
        return try run(batch, learningRate: learningRate, spikes: &spikes)
    }
}
