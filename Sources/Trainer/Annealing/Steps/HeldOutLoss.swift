import Corpora
import Sequences
import System
import Training
import Transformers

/// The plain next-token loss of a held-out corpus: every segment once, its mean over all scored tokens in f64; and the same of each
/// domain that its documents name.
package struct HeldOutLoss {
    /// Losses of one evaluation.
    package struct Result: Sendable, Equatable {
        /// Mean of -log p over the scored tokens of the corpus, in nats.
        package var loss: Double
        /// Scored tokens of the corpus, over which `loss` is the mean.
        package var scoredTokens: Int
        /// Losses of single domains, in the order of `Corpus.domains`; empty where no document has a domain. Documents without one
        /// are in none of them.
        package var domains: [DomainLoss]
    }

    private let corpus: Corpus
    private let plan: EpochPlan
    private let windowsPerForward: Int

    /// Packs the corpus into windows, once for all evaluations; `windowsPerForward` of them are computed together.
    ///
    /// - Throws: `CorpusError.nothingToScore` where no segment has a scored token.
    package init(_ corpus: Corpus, windowsPerForward: Int) throws {
        self.corpus = corpus
        self.windowsPerForward = windowsPerForward
        plan = try corpus.plan(seed: 0, epoch: 0)
    }

    /// Tokens that one evaluation computes, scored or not.
    package var tokenCount: Int { plan.tokenCount }

    /// Computes the loss of a model over the whole corpus.
    ///
    /// - Parameters:
    ///   - stop: looked at before each forward.
    ///   - onProgress: called after each forward with the number of its tokens, not with their sum so far.
    ///   - logProbs: the model's natural log-probs of a packed batch, [N]; what it gives at unscored positions is not read.
    /// - Throws: `TrainingError.interrupted`, and what `logProbs` or the corpus throws.
    package func evaluate(
        stop: StopFlag, onProgress: (_ tokens: Int) -> Void = { _ in }, logProbs: (PackedBatch) throws -> [Float]
    ) throws -> Result {
        var all = DomainSum()
        var domains = [DomainSum](repeating: DomainSum(), count: corpus.domains.count)
        for start in stride(from: 0, to: plan.windowCount, by: windowsPerForward) {
            try stop.throwIfRequested()
            let range = start..<min(start + windowsPerForward, plan.windowCount)
            let windows = try range.map { try corpus.window(plan.window($0)) }
            let packed = PackedWindows(windows)
            for (window, logProbs) in zip(windows, packed.split(try logProbs(packed.batch))) {
                for (index, piece) in window.pieces.enumerated() {
                    for position in window.range(ofPiece: index) where window.scored[position] {
                        all.add(-Double(logProbs[position]))
                        domains[piece.domain].add(-Double(logProbs[position]))
                    }
                }
            }
            onProgress(packed.batch.tokenIDs.count)
        }
        return Result(
            loss: all.mean, scoredTokens: all.count,
            domains: zip(corpus.domains, domains).dropFirst().filter { $0.1.count > 0 }.map {
                DomainLoss(domain: $0, loss: $1.mean, scoredTokens: $1.count)
            })
    }
}

/// Held-out loss of the documents of one domain.
package struct DomainLoss: Sendable, Equatable, Codable {
    /// Name of the domain, never empty.
    package var domain: String
    /// Mean of -log p over the scored tokens of the domain's documents, in nats.
    package var loss: Double
    /// Scored tokens of the domain's documents.
    package var scoredTokens: Int

    package init(domain: String, loss: Double, scoredTokens: Int) {
        self.domain = domain
        self.loss = loss
        self.scoredTokens = scoredTokens
    }
}

private struct DomainSum {
    private var sum = 0.0
    private(set) var count = 0

    var mean: Double { sum / Double(count) }

    mutating func add(_ loss: Double) {
        sum += loss
        count += 1
    }
}
