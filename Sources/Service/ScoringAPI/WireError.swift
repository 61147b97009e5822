import Checkpoints
import JSONValues

/// Faults of a body, as far as can be told without a model.
package enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes that are not JSON as read here.
    case malformedJSON(JSONError)
    /// Well-formed JSON with a field that is unknown, missing, or of a wrong type or value.
    case invalidField(JSONError)
    /// Bytes without a valid safetensors header, or tensors that do not fit them.
    case malformedSafetensors(SafetensorsError)
    /// A tensor, or a member of `__metadata__`, that is unknown, missing, or not as agreed.
    case invalidTensor(name: String, expected: String, got: String)
    /// An input that can be read and cannot be scored. `item` counts the inputs from 0, `position` its tokens; nil where the fault is
    /// in none of them.
    case invalidInput(item: Int?, position: Int?, reason: String)

    /// The wire's view of a JSON fault: malformed bytes, or an invalid field.
    package init(_ error: JSONError) {
        self = error.isSyntax ? .malformedJSON(error) : .invalidField(error)
    }

    /// Kind of the problem that a server answers: 400, or 422 for an input that cannot be scored.
    package var kind: ProblemKind {
        switch self {
        case .malformedJSON: .malformedJSON
        case .invalidField: .invalidField
        case .malformedSafetensors: .malformedSafetensors
        case .invalidTensor: .invalidField
        case .invalidInput: .invalidInput
        }
    }

    /// Members of the problem beside its detail: `path`, or `item` and `position`.
    package var extensions: JSONObject {
        var members = JSONObject()
        switch self {
        case .malformedJSON(let error), .invalidField(let error):
            if !error.path.isEmpty { members[key: "path"] = .string(error.path) }
        case .invalidTensor(let name, _, _): members[key: "path"] = .string(name)
        case .malformedSafetensors: break
        case .invalidInput(let item, let position, _):
            if let item { members[key: "item"] = .integer(item) }
            if let position { members[key: "position"] = .integer(position) }
        }
        return members
    }

    package var description: String {
        switch self {
        case .malformedJSON(let error), .invalidField(let error): error.description
        case .malformedSafetensors(let error): error.description
        case .invalidTensor(let name, let expected, let got): "\(name): expected \(expected), got \(got)"
        case .invalidInput(let item, let position, let reason):
            (item.map { "inputs[\($0)]" } ?? "inputs") + (position.map { ", position \($0)" } ?? "") + ": " + reason
        }
    }
}

extension JSONError {
    /// Whether the bytes are not JSON as read here; false where they are, and a field is not the one expected.
    package var isSyntax: Bool {
        switch self {
        case .unexpectedEnd, .unexpectedByte, .trailingBytes, .invalidUTF8, .invalidEscape, .loneSurrogate,
            .controlCharacter, .duplicateKey, .tooDeep, .numberTooLong:
            true
        case .numberOutOfRange, .wrongType, .unknownField, .missingField, .invalidValue: false
        }
    }
}
