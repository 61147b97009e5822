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

    /// The `added_tokens` of a file. `tokenizers` numbers them itself: a file that says otherwise would mean other ids here than
    /// there, so it is refused. One that is listed twice alike counts once.
    static func parse(_ fields: JSONFields, vocabulary: TokenTable) throws -> AddedTokenList {
        var list = AddedTokenList(vocabulary: vocabulary, source: fields.source)
        guard fields.optional("added_tokens") != nil else { return list }
        for entry in try fields.objects("added_tokens") {
            try entry.rejectUnknown(known: knownFields)
            let written = try entry.count("id")
            let definition = AddedTokenDefinition(
                content: try entry.bytes("content"), isSingleWord: try entry.bool("single_word"),
                stripsLeft: try entry.bool("lstrip"), stripsRight: try entry.bool("rstrip"),
                isNormalized: try entry.bool("normalized"), isSpecial: try entry.bool("special"))
            let known = list.definition(of: definition.content)
            guard known == nil || known == definition else {
                throw TokenizerError.invalidVocabulary(
                    source: fields.source, reason: "the added token \"\(definition.text)\" comes twice, differently")
            }
            guard let id = try list.add(definition), Int(id) != written else { continue }
            throw TokenizerError.invalidVocabulary(
                source: fields.source,
                reason:
                    "the added token \"\(definition.text)\" has id \(written) in the file, but the tokenizers library gives it \(id)"
            )
        }
        return list
    }
}
