import Training

/// One optimizer step in the run's log. Everything but the times, and whether a server
/// was away, is a function of the run's options alone.
package struct StepRecord: Sendable, Equatable, Codable {
    /// Number of the step in its run, from 1.
    package var step: Int
    /// Corpus epoch of the step's last window, from 0.
    package var epoch: Int
    /// The weighted loss, divided by the scored tokens of the step (rho1: by those that are kept) or by the sum of their weights,
    /// with the distillation's part. This and the z-loss are minimized.
    package var weightedLoss: Double
    /// Unweighted next-token loss of the step, in nats a scored token.
    package var loss: Double
    /// Rate of the schedule at this step.
    package var learningRate: Double
    /// Euclidean norm of the step's gradient before clipping.
    package var gradNorm: Double
    /// What the squared log Z adds to the loss; nil where it has no weight.
    package var zLoss: Double?
    /// Divergence over the teacher's likeliest tokens, at the distillation's temperature, per distilled token; nil without distillation.
    package var kdLoss: Double?
    /// True where the step was a spike and no update was made; else nil.
    package var skipped: Bool?
    /// Tokens of each source of a mix, by its name; nil where there is one corpus.
    package var sourceTokens: [String: Int]?
    /// Number of the mix's phase, from 1, that the step's last window is of; nil where there are none.
    package var phase: Int?
    /// Tokens of the step's windows, scored or not.
    package var tokens: Int
    /// Scored tokens of the step.
    package var scoredTokens: Int
    /// Mean weight of the scored tokens.
    package var meanWeight: Double
    /// Share of the scored tokens whose weight was raised to 1 - epsilon by the clip.
    package var clippedLowShare: Double
    /// Share of the scored tokens whose weight was lowered to 1 + epsilon by the clip.
    package var clippedHighShare: Double
    /// Share of the scored tokens whose weight is above 1.
    package var upWeightedShare: Double
    /// Wall time of the step in seconds, reading windows and waiting for the teacher included.
    package var stepSeconds: Double
    /// Part of the step's seconds that went into getting weights and soft targets: waiting for the teacher, mostly.
    package var waitSeconds: Double
    /// Tokens of the step, scored or not, by its wall time.
    package var tokensPerSecond: Double
    /// The scored tokens by weight; nil where all weights are 1.
    package var weightHistogram: WeightHistogram?
    /// Tokens of the vocabulary that gained most loss weight in the step, the most first, at most 8; nil where all weights are 1.
    package var gainedTokens: [TokenGain]?
    /// Tokens of the vocabulary that lost most loss weight in the step, the most first, at most 8; nil where all weights are 1.
    package var lostTokens: [TokenGain]?
    /// True where no server answered and the step was one of plain next-token loss; else nil.
    package var ntp: Bool?

    /// Share of the scored tokens whose weight was cut at either end of the clip.
    package var clippedShare: Double { clippedLowShare + clippedHighShare }
}

/// Held-out loss in the run's log. Step 0 is the student as it was given.
package struct EvaluationRecord: Sendable, Equatable, Codable {
    /// Steps that were done when the loss was taken; 0: the student as it was given.
    package var step: Int
    /// Mean of -log p over the scored tokens of the held-out corpus, in nats.
    package var heldOutLoss: Double
    /// Scored tokens of the held-out corpus.
    package var heldOutTokens: Int
    /// Held-out loss by domain; nil where no held-out document names a domain.
    package var heldOutDomains: [DomainLoss]?
}

/// A line of an annealing's log: in JSON the fields of the record, with `kind` telling which it is.
package enum LogRecord: Sendable, Equatable {
    case step(StepRecord)
    case evaluation(EvaluationRecord)

    /// Step of the record: the one that it tells of, or the last one before its held-out loss.
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

extension LogRecord: StepLogRecord {
    /// True for a held-out loss, false for a step.
    package var isEvaluation: Bool { if case .evaluation = self { true } else { false } }
}

/// The log of an annealing: its steps and held-out losses.
package typealias RunLog = StepLog<LogRecord>
