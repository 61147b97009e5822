import JSONValues

/// The wanted fields of one JSON object, which is a line; the grammar of all the rest is checked. A wanted field given twice is an error.
/// UTF-8 is passed on unchecked: the tokenizer checks it.
enum JSONObjectLine {
    /// A wanted field's value.
    enum Value: Equatable {
        case string([UInt8])
        /// Any other kind, by its JSON name.
        case other(String)

        /// A string in words.
        var text: String? {
            if case .string(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }

    /// Reads the next value; of what is no string, only its kind is kept.
    static func value(_ reader: inout JSONReader) throws -> Value {
        guard try reader.peek() == .string else { return .other(try reader.skip().rawValue) }
        var bytes: [UInt8] = []
        try reader.appendString(to: &bytes)
        return .string(bytes)
    }

    /// - Throws: `JSONError`.
    static func fields(_ names: Set<String>, of line: ArraySlice<UInt8>) throws -> [String: Value] {
        try JSONReader.read(line, checksUTF8: false) { reader in
            var found: [String: Value] = [:]
            try reader.members { reader, key in
                guard let name = names.first(where: { reader.isEqual(key, $0) }) else {
                    try reader.skip()
                    return
                }
                guard found[name] == nil else { throw reader.duplicate(key) }
                found[name] = try value(&reader)
            }
            return found
        }
    }
}
