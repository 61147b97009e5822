import Annealing
import Coding
import Formats
import Foundation
import Reinforcement

/// What `evaluate` found of a checkpoint.
package struct EvaluationReport: Codable, Sendable {
    /// Held-out loss; nil where no corpus was read.
    package var heldOut: HeldOutReport?
    /// Scores on tasks; nil where none were asked.
    package var tasks: TaskScores?

    package init() {}

    private enum Keys: CodingKey { case loss, tasks }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        heldOut = container.contains(.loss) ? try HeldOutReport(from: decoder) : nil
        tasks = try container.decodeIfPresent(TaskScores.self, forKey: .tasks)
    }

    /// Reads what `evaluate --json` printed.
    ///
    /// - Throws: `StateCodingError` for anything else.
    package init(json: Data) throws {
        self = try StateCoding.report.value(from: json)
    }

    /// The held-out loss stands at the top.
    package func encode(to encoder: any Encoder) throws {
        try heldOut?.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encodeIfPresent(tasks, forKey: .tasks)
    }

    /// One JSON object.
    package var json: String { get throws { try StateCoding.report.text(self) } }

    /// Rows of two columns.
    package var table: String { Format.table((heldOut?.rows ?? []) + (tasks?.rows ?? [])) }
}

/// A checkpoint's held-out loss, and what it was taken over.
package struct HeldOutReport: Codable, Sendable {
    /// Mean of -log p over the scored tokens, in nats.
    package var loss: Double
    /// exp(loss).
    package var perplexity: Double
    /// Scored tokens of the corpus.
    package var scoredTokens: Int
    /// Tokens of the corpus, scored or not.
    package var tokens: Int
    /// Documents of the corpus.
    package var documents: Int
    /// Longest piece in tokens.
    package var sequenceLength: Int
    /// Losses of the domains that documents name.
    package var domains: [DomainLoss]

    package init(
        loss: Double, perplexity: Double, scoredTokens: Int, tokens: Int, documents: Int, sequenceLength: Int,
        domains: [DomainLoss]
    ) {
        self.loss = loss
        self.perplexity = perplexity
        self.scoredTokens = scoredTokens
        self.tokens = tokens
        self.documents = documents
        self.sequenceLength = sequenceLength
        self.domains = domains
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        loss = try container.decode(Double.self, forKey: .loss)
        perplexity = try container.decode(Double.self, forKey: .perplexity)
        scoredTokens = try container.decode(Int.self, forKey: .scoredTokens)
        tokens = try container.decode(Int.self, forKey: .tokens)
        documents = try container.decode(Int.self, forKey: .documents)
        sequenceLength = try container.decode(Int.self, forKey: .sequenceLength)
        domains = try container.decode([String: DomainEntry].self, forKey: .domains).sorted { $0.key < $1.key }.map {
            DomainLoss(domain: $0, loss: $1.loss, scoredTokens: $1.scoredTokens)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(loss, forKey: .loss)
        try container.encode(perplexity, forKey: .perplexity)
        try container.encode(scoredTokens, forKey: .scoredTokens)
        try container.encode(tokens, forKey: .tokens)
        try container.encode(documents, forKey: .documents)
        try container.encode(sequenceLength, forKey: .sequenceLength)
        try container.encode(
            Dictionary(uniqueKeysWithValues: domains.map { ($0.domain, DomainEntry($0)) }), forKey: .domains)
    }

    private enum Keys: CodingKey { case loss, perplexity, scoredTokens, tokens, documents, sequenceLength, domains }

    private struct DomainEntry: Codable {
        let loss: Double
        let scoredTokens: Int

        init(_ domain: DomainLoss) {
            loss = domain.loss
            scoredTokens = domain.scoredTokens
        }
    }

    var rows: [(String, String)] {
        [
            ("loss", String(format: "%.6f", loss)), ("perplexity", String(format: "%.3f", perplexity)),
            ("scored tokens", "\(scoredTokens)"), ("documents", "\(documents)"),
            ("sequence length", "\(sequenceLength)"),
        ]
            + domains.map {
                ("loss of \($0.domain)", String(format: "%.6f", $0.loss) + ", \($0.scoredTokens) scored tokens")
            }
    }
}
