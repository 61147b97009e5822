import Sequences

/// What is wrong with a request for weights. Positions count from 0 within the sequence.
package enum TokenWeightError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Side: String, Sendable {
        case teacher, student
    }

    case unknownWeighting(got: String, known: [String])
    case optionOutOfRange(name: String, expected: String, got: Double)
    case lengthMismatch(Side, expected: Int, got: Int)
    case missingLogProbs(Side, weighting: String)
    case nonFiniteLogProb(Side, position: Int, got: Float)
    case missingDomain(position: Int, weighting: String)
    case documentStarts(SpanFault)

    package var description: String {
        switch self {
        case .unknownWeighting(let got, let known):
            "unknown weighting \(got); expected one of \(known.joined(separator: ", "))"
        case .optionOutOfRange(let name, let expected, let got): "\(name): expected \(expected), got \(got)"
        case .lengthMismatch(let side, let expected, let got):
            "\(side.rawValue) log-probs: expected \(expected), one a token, got \(got)"
        case .missingLogProbs(let side, let weighting):
            "weighting \(weighting) needs the \(side.rawValue)'s log-probs, got none"
        case .nonFiniteLogProb(let side, let position, let got):
            "position \(position): expected a finite \(side.rawValue) log-prob, got \(got)"
        case .missingDomain(let position, let weighting):
            "position \(position): weighting \(weighting) needs the domain of every document (the field \"domain\" of its line)"
        case .documentStarts(let fault):
            "document_starts\(fault)"
        }
    }
}
