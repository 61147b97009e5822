import Corpora
import Training

/// Losses, counts and waiting time of one step, from which its record in the log is made.
package struct StepStatistics: Sendable {
    /// Weighted loss of the step, in nats a token, with the distillation's part and without the z-loss.
    package var weightedLoss = 0.0
    /// Unweighted next-token loss of the step, in nats a scored token.
    package var loss = 0.0
    /// Euclidean norm of the step's gradient before clipping.
    package var gradNorm = 0.0
    /// What the squared log Z adds to the loss; nil where it has no weight.
    package var zLoss: Double?
    /// Mean divergence a distilled token, before its factor; nil without distillation.
    package var kdLoss: Double?
    /// True where the step was a spike and no update was made.
    package var isSkipped = false
    /// Tokens of the step's windows, scored or not.
    package let tokens: Int
    /// Scored tokens of the step.
    package let scoredTokens: Int
    /// Scored tokens whose weight was raised to 1 - epsilon by the clip.
    package private(set) var clippedLow = 0
    /// Scored tokens whose weight was lowered to 1 + epsilon by the clip.
    package private(set) var clippedHigh = 0
    /// Scored tokens whose weight is above 1.
    package private(set) var upWeighted = 0
    /// Sum of the weights of the scored tokens, in f64.
    package private(set) var weightSum = 0.0
    /// Scored tokens by weight; nil where all weights are 1.
    package private(set) var histogram: WeightHistogram?
    private var gains = TokenGains()
    /// Part of the step's time that went into getting weights and soft targets: waiting for the teacher, mostly.
    package internal(set) var wait = Duration.zero
    /// True where no server answered and the step was one of plain next-token loss, with all weights 1.
    package internal(set) var isNextToken = false

    /// - Parameter weightRange: what the weights can be; nil where all are 1.
    init(_ batch: StepBatch, weightRange: ClosedRange<Double>?) {
        histogram = weightRange.map(WeightHistogram.init)
        tokens = batch.tokenCount
        scoredTokens = batch.scoredTokens
    }

    mutating func add(_ weighted: WindowWeights, of window: TrainingWindow) {
        clippedLow += weighted.clippedLow
        clippedHigh += weighted.clippedHigh
        for weight in weighted.weights {
            weightSum += Double(weight)
            upWeighted += weight > 1 ? 1 : 0
        }
        guard histogram != nil else { return }
        for position in window.scored.indices where window.scored[position] {
            histogram?.add(weighted.weights[position])
            gains.add(window.tokenIDs[position], weight: weighted.weights[position])
        }
    }

    /// - Parameters:
    ///   - sourceTokens: tokens of each source of a mix; nil where there is one corpus.
    ///   - phase: of the mix, from 1; nil where it has none.
    func record(
        step: Int, epoch: Int, learningRate: Double, elapsed: Duration, sourceTokens: [String: Int]?,
        phase: Int? = nil
    ) -> StepRecord {
        let seconds = elapsed / .seconds(1)
        let scored = Double(scoredTokens)
        return StepRecord(
            step: step, epoch: epoch, weightedLoss: weightedLoss, loss: loss, learningRate: learningRate,
            gradNorm: gradNorm, zLoss: zLoss, kdLoss: kdLoss, skipped: isSkipped ? true : nil,
            sourceTokens: sourceTokens, phase: phase,
            tokens: tokens, scoredTokens: scoredTokens, meanWeight: weightSum / scored,
            clippedLowShare: Double(clippedLow) / scored, clippedHighShare: Double(clippedHigh) / scored,
            upWeightedShare: Double(upWeighted) / scored, stepSeconds: seconds,
            waitSeconds: wait / .seconds(1), tokensPerSecond: Double(tokens) / seconds,
            weightHistogram: histogram, gainedTokens: histogram.map { _ in gains.most },
            lostTokens: histogram.map { _ in gains.least }, ntp: isNextToken ? true : nil)
    }
}
