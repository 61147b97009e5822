import Corpora
import Sequences
import Training
import Transformers

/// How a run distils; a part of its options.
package struct DistillationOptions: Sendable, Equatable, Codable {
    /// How many of the teacher's likeliest tokens are told apart, 1 or more; all others are one bucket.
    package var topK: Int
    /// The divergence's share of the loss, above 0, at most 1; the rest is next-token loss.
    package var weight: Double

    package init(topK: Int = 32, weight: Double = 1) {
        self.topK = topK
        self.weight = weight
    }
}

/// Knowledge distillation (Hinton, Vinyals, Dean 2015) at temperature 1, on the corpus's own tokens, from the teacher's k likeliest:
///
///     loss = (1 / N) sum of (1 - a) * -log p_S(x_t) + a * KL_t
///     KL_t = sum over the k of q_i log(q_i / p_i) + q_r log(q_r / p_r)
///
/// q being the teacher's probabilities and p the student's, q_r and p_r those of all other tokens together: the forward divergence,
/// teacher first, of two distributions of k + 1 outcomes, which with k = V is that of the whole vocabulary. N counts the scored
/// positions of the step, and only they are read.
package struct Distillation: Sendable {
    /// Source of the teacher's likeliest tokens.
    package let source: any SoftTargetSource
    /// How many tokens, and the divergence's share of the loss.
    package let options: DistillationOptions

    /// `topK` is 1 or more and `weight` above 0, at most 1: `AnnealingOptions.validate` has checked them.
    package init(_ options: DistillationOptions, from source: any SoftTargetSource) {
        precondition(options.topK > 0 && options.weight > 0 && options.weight <= 1, "validated before")
        self.source = source
        self.options = options
    }

    /// The teacher's likeliest tokens for some windows of a step, one window behind the other.
    func softTargets(_ batch: StepBatch, windows: Range<Int>) throws -> TopLogProbs {
        let all = try source.answer(batch)
        var joined = TopLogProbs(unpredicted: 0, k: options.topK)
        for index in windows {
            let (window, got) = (batch.windows[index], index < all.count ? all[index].tokenCount : 0)
            guard got == window.tokenCount, all[index].k == options.topK else {
                throw AnnealingError.wrongTeacherAnswer(
                    step: batch.step, window: index, expected: window.tokenCount, got: got)
            }
            joined.append(all[index])
        }
        return joined
    }
}

/// The sum of a step's divergences, in f64 in position order.
struct DistillationLoss {
    private let scoredTokens: Int
    private let weight: Double
    private var sum = 0.0

    init(_ options: DistillationOptions, scoredTokens: Int) {
        weight = options.weight
        self.scoredTokens = scoredTokens
    }

    /// Adds one window and returns dLoss/dKL: 0 at unscored positions, which are not read.
    mutating func add(divergences: [Double], scored: [Bool]) -> [Float] {  // [T]
        precondition(divergences.count == scored.count, "one value a token")
        let gradient = Float(weight / Double(scoredTokens))
        return divergences.indices.map { position in
            guard scored[position] else { return 0 }
            sum += divergences[position]
            return gradient
        }
    }

    /// The mean divergence, before its weight.
    var mean: Double { sum / Double(scoredTokens) }
}
