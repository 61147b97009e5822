import Corpora
import Sequences
import Training
import Transformers

/// What a step's tokens learn from: the teacher's distribution, the next token, or both.
struct DistillationShares {
    /// The teacher's answers, one a window.
    let targets: [SoftTargets]
    /// By window, which positions are distilled.
    let distilled: [[Bool]]  // [windows][T]
    /// Factor of the mean divergence in the loss: a * T^2.
    let factor: Double
    /// Distilled positions of the step, at least one.
    let distilledTokens: Int
    /// Weight of the next-token loss at positions that are distilled, and at others that are scored.
    private let nextToken: (distilled: Float, others: Float)

    init(_ options: DistillationOptions, _ targets: [SoftTargets], _ batch: StepBatch) {
        self.targets = targets
        let temperature = options.divergence.temperature
        factor = options.weight * temperature * temperature
        let scored = batch.windows.map(\.scored)
        guard let quantile = options.switchQuantile else {
            distilled = scored
            distilledTokens = batch.scoredTokens
            nextToken = (Float(1 - options.weight), 0)
            return
        }
        let entropies = zip(targets, scored).map { targets, scored in
            zip(targets.entropies, scored).map { $1 ? $0 : .infinity }
        }
        let threshold = Self.threshold(entropies.flatMap { $0 }.filter(\.isFinite), quantile)
        distilled = entropies.map { $0.map { $0 <= threshold } }
        distilledTokens = distilled.reduce(0) { $0 + $1.count(where: \.self) }
        let others = batch.scoredTokens - distilledTokens
        // The divisor of the weighted loss is all scored positions.
        nextToken = (0, others > 0 ? Float(Double(batch.scoredTokens) / Double(others)) : 0)
    }

    /// The largest of the values that are at most their quantile: a quantile between two of them takes those up to the lower.
    private static func threshold(_ values: [Float], _ quantile: Double) -> Float {
        let sorted = values.sorted()
        return sorted.isEmpty ? .infinity : sorted[Int((quantile * Double(sorted.count - 1)).rounded(.down))]
    }

    /// The teacher's likeliest tokens for some windows, one window behind the other.
    func top(_ windows: Range<Int>) -> TopLogProbs {
        var joined = TopLogProbs(unpredicted: 0, k: targets.first?.top.k ?? 1)
        for window in windows { joined.append(targets[window].top) }
        return joined
    }

    /// Weights of a window's next-token loss, given what they would be without distillation.
    func lossWeights(_ weights: [Float], window: Int) -> [Float] {
        zip(weights, distilled[window]).map { $0 * ($1 ? nextToken.distilled : nextToken.others) }
    }
}

/// The sum of a step's divergences, in f64 in position order.
struct DistillationLoss {
    private let tokens: Int
    private let factor: Double
    private var sum = 0.0

    init(_ shares: DistillationShares) {
        factor = shares.factor
        tokens = shares.distilledTokens
    }

    /// Adds one window and returns dLoss/dKL: 0 at positions that are not distilled, which are not read.
    mutating func add(divergences: [Double], distilled: [Bool]) -> [Float] {  // [T]
        precondition(divergences.count == distilled.count, "one value a token")
        let gradient = Float(factor / Double(tokens))
        return divergences.indices.map { position in
            guard distilled[position] else { return 0 }
            sum += divergences[position]
            return gradient
        }
    }

    /// The mean divergence of the distilled positions, before its factor.
    var mean: Double { sum / Double(tokens) }

    /// What the divergences add to the loss.
    var loss: Double { mean * factor }
}
