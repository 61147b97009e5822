import JSONValues

extension JSONReader {
    /// Reads a text, token ids, or an array of several of one of these; `isBatch` is true for an array.
    mutating func prompts() throws -> (prompts: [ScoreInput.Content], isBatch: Bool) {
        if try peek() == .string { return ([.text(try string())], false) }
        var prompts: [ScoreInput.Content] = []
        var ids: [Int32] = []
        var first: Kind?
        let count = try array { reader, place in
            let kind = try reader.peek()
            guard [.string, .array, .number].contains(kind), kind == first ?? kind else {
                throw reader.invalid(
                    expected: first.map { "\($0.rawValue), as before it" } ?? "a text, token ids or an id",
                    got: kind.rawValue)
            }
            first = kind
            switch kind {
            case .string: prompts.append(.text(try reader.string()))
            case .array: prompts.append(.tokenIDs(try reader.tokenIDs(item: place)))
            default: ids.append(try reader.tokenID(item: 0, position: place))
            }
        }
        guard count > 0 else { throw invalid(expected: "at least one prompt", got: "none") }
        return ids.isEmpty ? (prompts, true) : ([.tokenIDs(ids)], false)
    }

    /// Reads a value that may be null, which is as if it were not there.
    mutating func unlessNull<Value>(_ read: (inout JSONReader) throws -> Value) throws -> Value? {
        try takeNull() ? nil : try read(&self)
    }
}
