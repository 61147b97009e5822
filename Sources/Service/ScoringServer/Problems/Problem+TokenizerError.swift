import JSONValues
import ScoringAPI
import Tokenizers

extension TokenizerError: AnswerableError {
    /// An id or a text of the request; the rest are faults of a tokenizer that was loaded.
    var answer: ProblemAnswer {
        switch self {
        case .unknownTokenID(let id, let position, let vocabularySize):
            ProblemAnswer(
                .invalidInput, "token id \(id) is outside the vocabulary of \(vocabularySize)",
                position.map { ["position": .integer($0)] } ?? [:])
        case .textTooLong(let bytes, let limit):
            ProblemAnswer(
                .requestTooLarge, "a text has \(bytes) bytes, the tokenizer's limit is \(limit)",
                ProblemAnswer.numbers(limit, bytes))
        case .addedTokensOverlap:
            ProblemAnswer(.invalidInput, "\(self)")
        case .unreadable, .notJSON, .missingField, .wrongType,
            .unknownField, .repeatedField, .unsupportedStage, .unsupportedValue,
            .invalidPattern, .invalidVocabulary, .invalidUTF8,
            .patternFailed:
            ProblemAnswer(internals: "\(self)")
        }
    }
}
