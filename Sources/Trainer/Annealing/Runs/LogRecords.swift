import Foundation

/// One optimizer step in the run's log. Everything but the times, and whether a server
/// was away, is a function of the run's options alone.
package struct StepRecord: Sendable, Equatable, Codable {
    /// From 1.
    package var step: Int
    /// Corpus epoch of the step's last window, from 0.
    package var epoch: Int
    /// The weighted loss, divided by the scored tokens of the step (or the sum of their weights): what is minimized, with the z-loss.
    package var weightedLoss: Double
    /// The next-token loss of the same positions.
    package var loss: Double
    package var learningRate: Double
    /// Before clipping.
    package var gradNorm: Double
    /// What the squared log Z adds to the loss; nil where it has no weight.
    package var zLoss: Double?
    /// KL(teacher || student) over the teacher's likeliest tokens, per scored token; nil without distillation.
    package var kdLoss: Double?
    /// True where the step was a spike and no update was made.
    package var skipped: Bool?
    /// Tokens of each source of a mix.
    package var sourceTokens: [String: Int]?
    package var tokens: Int
    package var scoredTokens: Int
    package var meanWeight: Double
    /// Shares of the scored tokens whose weight was cut at 1 - epsilon and 1 + epsilon.
    package var clippedLowShare: Double
    package var clippedHighShare: Double
    /// Share of the scored tokens whose weight is above 1.
    package var upWeightedShare: Double
    package var stepSeconds: Double
    /// The part of it spent waiting for the teacher.
    package var waitSeconds: Double
    package var tokensPerSecond: Double
    /// The scored tokens by weight; nil where all weights are 1.
    package var weightHistogram: WeightHistogram?
    /// The tokens of the vocabulary that gained most loss weight in this step, and those that lost most.
    package var gainedTokens: [TokenGain]?
    package var lostTokens: [TokenGain]?
    /// True where no server answered and the step was one of plain next-token loss.
    package var ntp: Bool?

    package var clippedShare: Double { clippedLowShare + clippedHighShare }
}

/// Held-out loss in the run's log. Step 0 is the student as it was given.
package struct EvaluationRecord: Sendable, Equatable, Codable {
    package var step: Int
    package var heldOutLoss: Double
    package var heldOutTokens: Int
    /// The same by domain, where the held-out documents name domains.
    package var heldOutDomains: [DomainLoss]?
}

package enum LogRecord: Sendable, Equatable {
    case step(StepRecord)
    case evaluation(EvaluationRecord)

    package var step: Int {
        switch self {
        case .step(let record): record.step
        case .evaluation(let record): record.step
        }
    }
}

extension LogRecord: Codable {
    private enum Kind: String, Codable { case step, evaluation }
    private enum Keys: String, CodingKey { case kind }

    package init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: Keys.self).decode(Kind.self, forKey: .kind) {
        case .step: self = .step(try StepRecord(from: decoder))
        case .evaluation: self = .evaluation(try EvaluationRecord(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        switch self {
        case .step(let record):
            try container.encode(Kind.step, forKey: .kind)
            try record.encode(to: encoder)
        case .evaluation(let record):
            try container.encode(Kind.evaluation, forKey: .kind)
            try record.encode(to: encoder)
        }
    }
}
