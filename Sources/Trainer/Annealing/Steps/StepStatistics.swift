import Corpora

/// What a step says of itself.
package struct StepStatistics: Sendable {
    package var weightedLoss = 0.0
    package var loss = 0.0
    package var gradNorm = 0.0
    package var zLoss: Double?
    package var kdLoss: Double?
    /// No update was made: the step was a spike.
    package var isSkipped = false
    package let tokens: Int
    package let scoredTokens: Int
    package private(set) var clippedLow = 0
    package private(set) var clippedHigh = 0
    package private(set) var upWeighted = 0
    package private(set) var weightSum = 0.0
    package private(set) var histogram: WeightHistogram?
    private var gains = TokenGains()
    /// Part of the step's time that was spent waiting for the teacher.
    package internal(set) var wait = Duration.zero
    /// No server answered: all weights are 1.
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

    /// - Parameter sourceTokens: tokens of each source of a mix; nil where there is one corpus.
    func record(
        step: Int, epoch: Int, learningRate: Double, elapsed: Duration, sourceTokens: [String: Int]?
    ) -> StepRecord {
        let seconds = elapsed / .seconds(1)
        let scored = Double(scoredTokens)
        return StepRecord(
            step: step, epoch: epoch, weightedLoss: weightedLoss, loss: loss, learningRate: learningRate,
            gradNorm: gradNorm, zLoss: zLoss, kdLoss: kdLoss, skipped: isSkipped ? true : nil,
            sourceTokens: sourceTokens,
            tokens: tokens, scoredTokens: scoredTokens, meanWeight: weightSum / scored,
            clippedLowShare: Double(clippedLow) / scored, clippedHighShare: Double(clippedHigh) / scored,
            upWeightedShare: Double(upWeighted) / scored, stepSeconds: seconds,
            waitSeconds: wait / .seconds(1), tokensPerSecond: Double(tokens) / seconds,
            weightHistogram: histogram, gainedTokens: histogram.map { _ in gains.most },
            lostTokens: histogram.map { _ in gains.least }, ntp: isNextToken ? true : nil)
    }
}
