import JSONValues

/// Why a tokenizer.json was refused, or why a text could not be encoded. Every message says where, what was expected,
/// what was got.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case notJSON(source: String, JSONError)
    case missingField(source: String, field: String, expected: String)
    case wrongType(source: String, field: String, expected: String, got: String)
    case unknownField(source: String, field: String)
    /// A field that its object has twice: which of the two counts is not said.
    case repeatedField(source: String, field: String)
    /// A normalizer, pre-tokenizer, model, post-processor or decoder that is not implemented.
    case unsupportedStage(source: String, field: String, type: String)
    /// A stage that is implemented, with a setting that is not.
    case unsupportedValue(source: String, field: String, value: String, reason: String)
    case invalidPattern(source: String, field: String, pattern: String, reason: String)
    case invalidVocabulary(source: String, reason: String)
    /// `offset` counts bytes from the start of the text.
    case invalidUTF8(offset: Int)
    case textTooLong(bytes: Int, limit: Int)
    case patternFailed(pattern: String, reason: String)
    /// White space that one added token takes along is part of the next, and ends behind it. `offset` counts bytes of the normalized text.
    case addedTokensOverlap(token: String, offset: Int)
    case unknownTokenID(id: Int32, position: Int?, vocabularySize: Int)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "cannot read the tokenizer \(path): \(reason)"
        case .notJSON(let source, let error):
            "\(source) is not JSON: \(error)"
        case .missingField(let source, let field, let expected):
            "\(source): field \(field) is missing, expected \(expected)"
        case .wrongType(let source, let field, let expected, let got):
            "\(source): field \(field) must be \(expected), got \(got)"
        case .unknownField(let source, let field):
            "\(source): field \(field) is not understood and could change the token ids"
        case .repeatedField(let source, let field):
            "\(source): field \(field) is given twice; leave one of the two"
        case .unsupportedStage(let source, let field, let type):
            "\(source): \(field) has type \"\(type)\", which is not supported"
        case .unsupportedValue(let source, let field, let value, let reason):
            "\(source): \(field) = \(value) is not supported: \(reason)"
        case .invalidPattern(let source, let field, let pattern, let reason):
            "\(source): the pattern \(pattern) at \(field) is not supported: \(reason)"
        case .invalidVocabulary(let source, let reason):
            "\(source): \(reason)"
        case .invalidUTF8(let offset):
            "the text is not valid UTF-8 at byte \(offset)"
        case .textTooLong(let bytes, let limit):
            "a text of \(bytes) bytes is over the tokenizer's limit of \(limit) bytes"
        case .patternFailed(let pattern, let reason):
            "the pattern \(pattern) failed on this text: \(reason)"
        case .addedTokensOverlap(let token, let offset):
            "the added token \"\(token)\" at byte \(offset) begins in white space that the added token before it takes along (rstrip) "
                + "and ends before that does: there are no ids for such a text; set lstrip of the one or rstrip of the other to false"
        case .unknownTokenID(let id, let position, let vocabularySize):
            "token id \(id)\(position.map { " at position \($0)" } ?? "") is not in the vocabulary of \(vocabularySize)"
        }
    }
}
