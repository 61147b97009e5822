/// The added tokens of a tokenizer, numbered as the `tokenizers` library does: by the vocabulary, else upwards from its end.
struct AddedTokenList {
    private let vocabulary: TokenTable
    private let source: String
    private(set) var tokens: [AddedToken] = []
    private var places: [[UInt8]: Int] = [:]
    private var largestID: Int32 = -1

    /// - Parameter source: what errors call the tokenizer's file.
    init(vocabulary: TokenTable, source: String) {
        self.vocabulary = vocabulary
        self.source = source
    }

    func definition(of content: [UInt8]) -> AddedTokenDefinition? {
        places[content].map { AddedTokenDefinition(tokens[$0]) }
    }

    func id(of content: [UInt8]) -> Int32? { places[content].map { tokens[$0].id } }

    /// The token's id; nil for an empty one, which the library leaves out. One that is there already takes the new flags.
    ///
    /// - Throws: `TokenizerError` where the library would give it the id of another token.
    @discardableResult
    mutating func add(_ new: AddedTokenDefinition) throws -> Int32? {
        guard !new.content.isEmpty else { return nil }
        let place = places[new.content]
        let id = try place.map { tokens[$0].id } ?? vocabulary.id(of: new.content) ?? freeID(for: new)
        let token = AddedToken(
            id: id, content: new.text, isSingleWord: new.isSingleWord, stripsLeft: new.stripsLeft,
            stripsRight: new.stripsRight, isNormalized: new.isNormalized, isSpecial: new.isSpecial)
        if let place {
            tokens[place] = token
        } else {
            places[new.content] = tokens.count
            tokens.append(token)
            largestID = max(largestID, id)
        }
        return id
    }

    private func freeID(for new: AddedTokenDefinition) throws -> Int32 {
        let count = Int32(vocabulary.count)
        let id = largestID >= count ? largestID + 1 : count
        guard vocabulary.bytes(of: id) == nil else {
            throw TokenizerError.invalidVocabulary(
                source: source, reason: "the id \(id) of the added token \"\(new.text)\" is taken in model.vocab")
        }
        return id
    }
}
