// The errors a decoder raises about the value it is at.
extension JSONReader {
    /// The path of the value being read, as in `inputs[3].token_ids`; empty for the outermost one.
    package var pathText: String { path.text(of: bytes, element: element) }

    /// The key of the member being read, in the innermost object; nil outside of any, or where it is not UTF-8.
    package var currentKey: String? { path.innermostKey.flatMap { try? string($0) } }

    /// The error for a member that the reader's caller has no use for, to be thrown while its value is read.
    package func unknownField(known: [String]) -> JSONError {
        .unknownField(path: pathText, known: known)
    }

    /// The error for a member that is missing, to be thrown once the keys of its object have been read.
    package func missingField(_ name: String) -> JSONError {
        .missingField(path: path.text(of: bytes, member: name))
    }

    /// The error for a value of the right type that may not be, to be thrown while it is read or just behind it.
    package func invalid(expected: String, got: String) -> JSONError {
        .invalidValue(path: pathText, expected: expected, got: got)
    }

    /// The error for a key that is there twice, to be thrown while its second value is read.
    package func duplicate(_ key: JSONText) -> JSONError {
        .duplicateKey(path: pathText, offset: key.range.lowerBound - 1)
    }

    func unexpected(_ expected: String) -> JSONError {
        guard offset < bytes.count else { return .unexpectedEnd(path: pathText, offset: offset) }
        let byte = bytes[offset]
        let got =
            (0x21...0x7E).contains(byte)
            ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        return .unexpectedByte(path: pathText, offset: offset, expected: expected, got: got)
    }
}
