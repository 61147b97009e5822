import Sequences

/// Faults of a request for weights. Positions count from 0 within the sequence.
package enum TokenWeightError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Whose log-probs are at fault. `student` is the frozen base where the weighting reads that one.
    package enum Side: String, Sendable {
        case teacher, student
    }

    /// A name that no weighting has, or only a control where controls are not offered.
    case unknownWeighting(got: String, known: [String])
    /// An option outside its range, under its name on the wire.
    case optionOutOfRange(name: String, expected: String, got: Double)
    /// Log-probs of another number than the positions.
    case lengthMismatch(Side, expected: Int, got: Int)
    /// A side that the weighting reads is empty.
    case missingLogProbs(Side, weighting: String)
    /// NaN or an infinity at a scored position: the first, with the value found there.
    case nonFiniteLogProb(Side, position: Int, got: Float)
    /// A control that tells domains apart met a position without one: the first.
    case missingDomain(position: Int, weighting: String)
    /// Starts of documents that are not in order from 0, or not within the sequence.
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
