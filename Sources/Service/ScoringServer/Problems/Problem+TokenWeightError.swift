import JSONValues
import ScoringAPI
import TokenWeights

extension TokenWeightError: AnswerableError {
    /// A weighting or an option that the request named; the rest are faults of the service, which has checked its log-probs.
    var answer: ProblemAnswer {
        switch self {
        case .unknownWeighting(let got, let known):
            ProblemAnswer(
                .invalidField,
                "weighting: expected one of \(known.joined(separator: ", ")), got \(got.shortened(toBytes: 80))",
                ["path": .string("weighting")])
        case .optionOutOfRange(let name, let expected, let got):
            ProblemAnswer(.invalidField, "\(name): expected \(expected), got \(got)", ["path": .string(name)])
        case .lengthMismatch, .missingLogProbs, .nonFiniteLogProb,
            .documentStarts, .missingDomain:
            ProblemAnswer(internals: "\(self)")
        }
    }
}
