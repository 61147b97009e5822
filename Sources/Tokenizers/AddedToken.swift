/// A token that is found in the text before anything else is done to it.
package struct AddedToken: Equatable, Sendable {
    package let id: Int32
    package let content: String
    /// Only where no word character stands beside it.
    package let isSingleWord: Bool
    /// It takes the white space to its left, to its right, along.
    package let stripsLeft: Bool
    package let stripsRight: Bool
    /// It is looked for in the normalized text.
    package let isNormalized: Bool
    /// Left out by `decode(skipSpecialTokens: true)`.
    package let isSpecial: Bool
}

extension AddedToken {
    private static let knownFields: Set<String> = [
        "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
    ]

    /// The `added_tokens` of a file. `tokenizers` numbers them itself: by the vocabulary, else upwards from its end. A
    /// file that says otherwise would mean other ids here than there, so it is refused.
    static func parse(_ fields: JSONFields, vocabulary: TokenTable) throws -> [AddedToken] {
        guard fields.optional("added_tokens") != nil else { return [] }
        var tokens: [AddedToken] = []
        var nextID = Int32(vocabulary.count)
        var seen: Set<[UInt8]> = []
        for entry in try fields.objects("added_tokens") {
            try entry.rejectUnknown(known: knownFields)
            let content = try entry.bytes("content")
            let written = try entry.count("id")
            guard !content.isEmpty else { continue }
            let text = String(decoding: content, as: UTF8.self)
            guard seen.insert(content).inserted else {
                throw TokenizerError.invalidVocabulary(
                    source: fields.source, reason: "the added token \"\(text)\" comes twice")
            }
            let known = vocabulary.id(of: content)
            let id = known ?? nextID
            if known == nil { nextID += 1 }
            guard Int(id) == written else {
                throw TokenizerError.invalidVocabulary(
                    source: fields.source,
                    reason:
                        "the added token \"\(text)\" has id \(written) in the file, but the tokenizers library gives "
                        + "it \(id)")
            }
            guard known != nil || vocabulary.bytes(of: id) == nil else {
                throw TokenizerError.invalidVocabulary(
                    source: fields.source, reason: "the id \(id) of the added token \"\(text)\" is taken in model.vocab"
                )
            }
            tokens.append(
                AddedToken(
                    id: id, content: text, isSingleWord: try entry.bool("single_word"),
                    stripsLeft: try entry.bool("lstrip"), stripsRight: try entry.bool("rstrip"),
                    isNormalized: try entry.bool("normalized"), isSpecial: try entry.bool("special")))
        }
        return tokens
    }
}
