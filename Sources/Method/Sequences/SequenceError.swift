/// What can be wrong with one input of a request. Positions count tokens from 0 in that input.
package enum SequenceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An input without tokens.
    case empty
    /// An id that is negative, or not below the vocabulary's size.
    case tokenOutOfRange(position: Int, tokenID: Int, vocabularySize: Int)
    /// An added token that the teacher and the base do not share: the base cannot score it.
    case tokenNotShared(position: Int, tokenID: Int)
    /// A document of more tokens than the models' contexts or the batch budget hold; `position` is its first token.
    case documentTooLong(position: Int, tokens: Int, limit: Int)
    /// Document starts that do not begin with 0, increase strictly and stay below the number of tokens.
    case documentStarts(SpanFault)
    /// A loss mask with another number of entries than tokens.
    case lossMaskLength(expected: Int, got: Int)
    /// Student log-probs of another number than tokens.
    case studentLength(expected: Int, got: Int)
    /// A student log-prob at a scored position that is null, NaN or infinite.
    case studentNotFinite(position: Int)
    /// A student log-prob at a scored position that is above 0: a loss, or a probability.
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
    /// The token that the error is about, counted from 0 in its input; nil where it is about no single one.
    package var position: Int? {
        switch self {
        case .tokenOutOfRange(let position, _, _), .tokenNotShared(let position, _),
            .documentTooLong(let position, _, _), .studentNotFinite(let position), .studentAboveZero(let position, _):
            position
        case .empty, .documentStarts, .lossMaskLength, .studentLength: nil
        }
    }
}
