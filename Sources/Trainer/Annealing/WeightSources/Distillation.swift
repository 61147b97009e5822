import Corpora
import Sequences
import Training
import Transformers

/// How a run distils; a part of its options. What is nil is as it was before there was a choice, so that states of any age read alike.
package struct DistillationOptions: Sendable, Equatable, Codable {
    /// How many of the teacher's likeliest tokens are told apart, 1 or more; all others are one bucket.
    package var topK: Int
    /// The divergence's share of the loss, above 0, at most 1; the rest is next-token loss. 1 where tokens are switched.
    package var weight: Double
    private var direction: Divergence.Direction?
    private var temperature: Double?
    /// The share of a step's tokens, those of which the teacher is surest, that are distilled, above 0, at most 1, while all others have
    /// next-token loss; nil: all tokens have both.
    package private(set) var switchQuantile: Double?

    /// - Parameters:
    ///   - divergence: its direction and the temperature of both distributions.
    ///   - switchQuantile: nil, or the share of the tokens that are distilled.
    package init(
        topK: Int = 32, weight: Double = 1, divergence: Divergence = Divergence(), switchQuantile: Double? = nil
    ) {
        self.topK = topK
        self.weight = weight
        direction = divergence.direction == .forward ? nil : divergence.direction
        temperature = divergence.temperature == 1 ? nil : divergence.temperature
        self.switchQuantile = switchQuantile
    }

    /// The objective as the command line names it.
    package var name: String { switchQuantile == nil ? "kd" : "switch-kd" }

    /// What of the teacher's distribution the student is compared with.
    package var divergence: Divergence { Divergence(direction ?? .forward, temperature: temperature ?? 1) }

    /// - Throws: `TrainingError.badOption`, with the name of the flag.
    func validate() throws {
        let require = TrainingError.require
        try require(topK >= 1, "kd-top-k", topK, "1 or more")
        try require(
            weight > 0 && weight <= 1, "kd-weight", weight, "a number above 0, up to 1 (0 is --weighting ntp)")
        let range = TemperedScores.temperatures
        try require(
            temperature.map(range.contains) ?? true, "kd-temperature", temperature ?? 1,
            "a number from \(range.lowerBound) to \(range.upperBound)")
        try require(
            switchQuantile.map { $0 > 0 && $0 <= 1 } ?? true, "kd-quantile", switchQuantile ?? 0,
            "a number above 0, up to 1")
        try require(
            switchQuantile == nil || weight == 1, "kd-weight", weight, "none with switch-kd: each token has one loss")
    }
}

/// Knowledge distillation (Hinton, Vinyals, Dean 2015) on the corpus's own tokens, from the teacher's k likeliest:
///
///     loss = (1 / N) sum of (1 - a) * -log p_S(x_t) + a * T^2 * KL_t
///     KL_t = sum over the k of q_i log(q_i / p_i) + q_r log(q_r / p_r)
///
/// q being the teacher's probabilities and p the student's at temperature T, q_r and p_r those of all other tokens together: the forward
/// divergence, teacher first, of two distributions of k + 1 outcomes, which with k = V is that of the whole vocabulary; q and p exchange
/// their places in the reverse one. T^2 keeps the gradient's size. N counts the scored positions of the step, and only they are read.
///
/// Switched, each token has one of the two losses: with C the scored positions of the step at which the teacher's entropy at T is no more
/// than its quantile over all of them,
///
///     loss = T^2 * mean over C of KL_t + mean over the others of -log p_S(x_t)
///
/// The rule, its reverse divergence, T = 2 and the quantile 0.2 are those of github.com/facebookresearch/midtraining-distillation, where
/// the quantile is that of a micro-batch: here it is of a whole optimizer step, so that micro-batches change nothing.
package struct Distillation: Sendable {
    /// Source of the teacher's likeliest tokens.
    package let source: any SoftTargetSource
    /// How many tokens, and the divergence's share of the loss.
    package let options: DistillationOptions

    /// The options have been checked by `AnnealingOptions.validate`.
    package init(_ options: DistillationOptions, from source: any SoftTargetSource) {
        precondition(options.topK > 0 && options.weight > 0 && options.weight <= 1, "validated before")
        self.source = source
        self.options = options
    }

    /// What the teacher says for each window of a step.
    ///
    /// - Throws: `AnnealingError.wrongTeacherAnswer` where it is not for these windows; what the source throws.
    func softTargets(_ batch: StepBatch) throws -> [SoftTargets] {
        let all = try source.answer(batch)
        for (index, window) in batch.windows.enumerated() {
            let got = index < all.count ? all[index].top.tokenCount : 0
            let hasEntropies = index < all.count && all[index].entropies.count == got
            guard got == window.tokenCount, all[index].top.k == options.topK,
                hasEntropies || options.switchQuantile == nil
            else {
                throw AnnealingError.wrongTeacherAnswer(
                    step: batch.step, window: index, expected: window.tokenCount, got: got)
            }
        }
        return all
    }
}
