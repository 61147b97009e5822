import Corpora
import Sequences
import Transformers

/// The plain next-token loss of a held-out corpus: every segment once, its mean over all scored tokens in f64; and the same of each
/// domain that its documents name.
package struct HeldOutLoss {
    package struct Result: Sendable, Equatable {
        package var loss: Double
        package var scoredTokens: Int
        /// By name; empty where no document has a domain. Documents without one are in none of them.
        package var domains: [DomainLoss]
    }

    private let corpus: Corpus
    private let plan: EpochPlan
    private let windowsPerForward: Int

    package init(_ corpus: Corpus, windowsPerForward: Int) throws {
        self.corpus = corpus
        self.windowsPerForward = windowsPerForward
        plan = try corpus.plan(seed: 0, epoch: 0)
    }

    package var tokenCount: Int { plan.tokenCount }

    package func evaluate(
        stop: StopSignal, onProgress: (_ tokens: Int) -> Void = { _ in }, logProbs: (PackedBatch) throws -> [Float]
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
    package var domain: String
    package var loss: Double
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
