/// What is wrong with a JSON text. `path` names the place as in `inputs[3].token_ids`; empty for the outermost value.
package enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is cut off.
    case unexpectedEnd(path: String, offset: Int)
    /// The grammar asks for something else here.
    case unexpectedByte(path: String, offset: Int, expected: String, got: String)
    /// More than one value in the text.
    case trailingBytes(offset: Int)
    /// A string that is not strict UTF-8.
    case invalidUTF8(path: String, offset: Int)
    /// A backslash before what is no escape.
    case invalidEscape(path: String, offset: Int)
    /// Half of a surrogate pair, which stands for no character.
    case loneSurrogate(path: String, offset: Int)
    /// A control character that must be escaped in a string.
    case controlCharacter(path: String, offset: Int)
    /// A key that its object has already.
    case duplicateKey(path: String, offset: Int)
    /// More levels than `JSONReader.maxDepth`.
    case tooDeep(path: String, limit: Int)
    /// More characters than `JSONReader.maxNumberBytes`.
    case numberTooLong(path: String, limit: Int)
    /// A number that does not fit what it is read as.
    case numberOutOfRange(path: String, expected: String, got: String)
    /// A value of another type than the caller asked for.
    case wrongType(path: String, expected: String, got: String)
    /// A key that the object may not have.
    case unknownField(path: String, known: [String])
    /// A key that the object must have.
    case missingField(path: String)
    /// A value of the right type that may not stand here.
    case invalidValue(path: String, expected: String, got: String)

    /// Where the error is, in the terms of the sender; empty for the outermost value.
    package var path: String {
        switch self {
        case .unexpectedEnd(let path, _), .unexpectedByte(let path, _, _, _), .invalidUTF8(let path, _),
            .invalidEscape(let path, _), .loneSurrogate(let path, _), .controlCharacter(let path, _),
            .duplicateKey(let path, _), .tooDeep(let path, _), .numberTooLong(let path, _),
            .numberOutOfRange(let path, _, _), .wrongType(let path, _, _), .unknownField(let path, _),
            .missingField(let path), .invalidValue(let path, _, _):
            path
        case .trailingBytes: ""
        }
    }

    /// The byte of the text where the error is, from 0; nil where the path alone says it.
    package var offset: Int? {
        switch self {
        case .unexpectedEnd(_, let offset), .unexpectedByte(_, let offset, _, _), .trailingBytes(let offset),
            .invalidUTF8(_, let offset), .invalidEscape(_, let offset), .loneSurrogate(_, let offset),
            .controlCharacter(_, let offset), .duplicateKey(_, let offset):
            offset
        case .tooDeep, .numberTooLong, .numberOutOfRange, .wrongType, .unknownField, .missingField, .invalidValue: nil
        }
    }

    package var description: String {
        let place = path.isEmpty ? "" : path + ": "
        return switch self {
        case .unexpectedEnd(_, let offset): "\(place)the JSON ends at byte \(offset), in the middle of a value"
        case .unexpectedByte(_, let offset, let expected, let got):
            "\(place)expected \(expected), got \(got) at byte \(offset)"
        case .trailingBytes(let offset): "expected the end of the JSON, got more at byte \(offset)"
        case .invalidUTF8(_, let offset): "\(place)not UTF-8 at byte \(offset)"
        case .invalidEscape(_, let offset): "\(place)no such escape in a JSON string at byte \(offset)"
        case .loneSurrogate(_, let offset): "\(place)half of a surrogate pair at byte \(offset)"
        case .controlCharacter(_, let offset): "\(place)unescaped control character in a string at byte \(offset)"
        case .duplicateKey(_, let offset): "\(place)given twice, again at byte \(offset)"
        case .tooDeep(_, let limit): "\(place)nested deeper than \(limit) levels"
        case .numberTooLong(_, let limit): "\(place)a number of more than \(limit) characters"
        case .numberOutOfRange(_, let expected, let got): "\(place)expected \(expected), got \(got)"
        case .wrongType(_, let expected, let got): "\(place)expected \(expected), got \(got)"
        case .unknownField(_, let known):
            "\(place)unknown field; known here: \(known.sorted().joined(separator: ", "))"
        case .missingField: "\(place)missing"
        case .invalidValue(_, let expected, let got): "\(place)expected \(expected), got \(got)"
        }
    }
}
