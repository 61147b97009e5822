/// What can be wrong with one input of a request. Positions count tokens from 0 in that input.
package enum SequenceError: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    case tokenOutOfRange(position: Int, tokenID: Int, vocabularySize: Int)
    /// An added token that the teacher and the base do not share: the base cannot score it.
    case tokenNotShared(position: Int, tokenID: Int)
    case documentTooLong(position: Int, tokens: Int, limit: Int)
    case documentStarts(SpanFault)
    case lossMaskLength(expected: Int, got: Int)
    case studentLength(expected: Int, got: Int)
    case studentNotFinite(position: Int)
    case studentAboveZero(position: Int, got: Float)

    package var description: String {
        switch self {
        case .empty:
            "the input has no tokens; give at least one"
        case .tokenOutOfRange(let position, let tokenID, let vocabularySize):
            "token id \(tokenID) at position \(position) is outside 0..<\(vocabularySize), the teacher's vocabulary"
        case .tokenNotShared(let position, let tokenID):
            "token id \(tokenID) at position \(position) is an added token that teacher and base do not share"
        case .documentTooLong(let position, let tokens, let limit):
            "the document at position \(position) has \(tokens) tokens, the limit is \(limit); cut it into pieces"
        case .documentStarts(let fault):
            "document_starts\(fault)"
        case .lossMaskLength(let expected, let got):
            "loss_mask has \(got) entries for \(expected) tokens"
        case .studentLength(let expected, let got):
            "student_logprobs has \(got) entries for \(expected) tokens"
        case .studentNotFinite(let position):
            "student_logprobs is null or not finite at scored position \(position)"
        case .studentAboveZero(let position, let got):
            "student_logprobs is \(got) at scored position \(position), and no log-prob is above 0: post log-probs, not losses (which are "
                + "their negatives); where a program's own rounding ends above 0, clamp there"
        }
    }
}

extension SequenceError {
    /// The token it is about, where it is about one.
    package var position: Int? {
        switch self {
        case .tokenOutOfRange(let position, _, _), .tokenNotShared(let position, _),
            .documentTooLong(let position, _, _), .studentNotFinite(let position), .studentAboveZero(let position, _):
            position
        case .empty, .documentStarts, .lossMaskLength, .studentLength: nil
        }
    }
}
