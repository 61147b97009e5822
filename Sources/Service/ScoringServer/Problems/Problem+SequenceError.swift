import JSONValues
import ScoringAPI
import Sequences

extension SequenceError {
    /// What is wrong with the input that is number `item` of the request.
    func answer(item: Int) -> ProblemAnswer {
        var extensions: JSONObject = ["item": .integer(item)]
        if let position { extensions[key: "position"] = .integer(position) }
        switch self {
        case .documentTooLong(_, let tokens, let limit):
            extensions[key: "limit"] = .integer(limit)
            extensions[key: "actual"] = .integer(tokens)
            return ProblemAnswer(.sequenceTooLong, "inputs[\(item)]: \(self)", extensions)
        case .empty, .tokenOutOfRange, .tokenNotShared, .documentStarts, .lossMaskLength, .studentLength,
            .studentNotFinite, .studentAboveZero:
            return ProblemAnswer(.invalidInput, "inputs[\(item)]: \(self)", extensions)
        }
    }
}
