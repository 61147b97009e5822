extension Tokenizer {
    /// The text of token ids, as the library gives it: partial characters become U+FFFD.
    /// - Throws: `TokenizerError.unknownTokenID` for an id that has no token.
    package func decode(_ ids: [Int32], skipSpecialTokens: Bool) throws -> String {
        var tokens: [[UInt8]] = []
        tokens.reserveCapacity(ids.count)
        for (position, id) in ids.enumerated() {
            guard let text = decodedText(id) else {
                throw TokenizerError.unknownTokenID(id: id, position: position, vocabularySize: vocabularySize)
            }
            if skipSpecialTokens, specialTexts.contains(text) { continue }
            tokens.append(text)
        }
        guard hasDecoder else { return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self) }
        return try states.withState(textBytes: tokens.reduce(0) { $0 + $1.count }) { state in
            for stage in decoder { tokens = try stage.apply(tokens, state.pattern) }
            return String(decoding: Array(tokens.joined()), as: UTF8.self)
        }
    }

    /// What one token shows as (" +", not "Ġ+"), its blanks kept; U+FFFD for a part of a character.
    /// - Throws: `TokenizerError.unknownTokenID`.
    package func tokenText(_ id: Int32) throws -> String {
        guard let text = decodedText(id) else {
            throw TokenizerError.unknownTokenID(id: id, position: nil, vocabularySize: vocabularySize)
        }
        if addedTexts[id] != nil { return String(decoding: text, as: UTF8.self) }
        return try states.withState(textBytes: text.count) { state in
            var tokens = [text]
            for stage in decoder {
                switch stage {
                case .strip: continue
                case .metaspace(let mark, _):
                    tokens = try DecoderStage.metaspace(mark: mark, dropsFirst: false).apply(tokens, state.pattern)
                default: tokens = try stage.apply(tokens, state.pattern)
                }
            }
            return String(decoding: Array(tokens.joined()), as: UTF8.self)
        }
    }

    private func decodedText(_ id: Int32) -> [UInt8]? {
        addedTexts[id] ?? model.vocabulary.bytes(of: id).map { Array($0) }
    }
}
