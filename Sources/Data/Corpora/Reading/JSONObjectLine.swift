import JSONValues

/// The wanted fields of one JSON object, which is a line; the grammar of all the rest is checked. A wanted field given twice is an error.
/// UTF-8 is passed on unchecked: the tokenizer checks it.
enum JSONObjectLine {
    /// A wanted field's value.
    enum Value: Equatable {
        case string([UInt8])
        /// Any other kind, by its JSON name.
        case other(String)
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
                if try reader.peek() == .string {
                    var bytes: [UInt8] = []
                    try reader.appendString(to: &bytes)
                    found[name] = .string(bytes)
                } else {
                    found[name] = .other(try reader.skip().rawValue)
                }
            }
            return found
        }
    }
}
