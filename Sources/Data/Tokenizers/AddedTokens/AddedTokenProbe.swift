/// Finds out which of a tokenizer's added tokens another one does not have, from what it makes of a text that holds them all. The other
/// may be at the far end of a connection; the two share normalizer, pre-tokenizer and model.
package struct AddedTokenProbe: Sendable {
    private struct Place: Hashable, Sendable {
        let id: Int32
        let span: Range<Int>
    }

    /// Empty where no added token is outside of the vocabulary.
    package let text: String
    private let places: [Place]

    /// - Throws: `TokenizerError`.
    package init(_ tokenizer: Tokenizer) throws {
        // What stands in the model's vocabulary is the same token in both.
        let outside = tokenizer.addedTokens.filter { tokenizer.model.vocabulary.bytes(of: $0.id) == nil }
        // Neither a letter nor white space: tokens that are single words are found, and none takes it along.
        text = outside.map(\.content).joined(separator: ".")
        let own = Set(outside.map(\.id))
        let encoding = try tokenizer.encode(text, addSpecialTokens: false)
        places = zip(encoding.ids, encoding.offsets).map(Place.init).filter { own.contains($0.id) }
    }

    /// Added tokens that have another id there, or are none.
    ///
    /// - Parameters:
    ///   - ids: of `text` by the other tokenizer, without special tokens around it.
    ///   - offsets: the span of each, in bytes.
    package func unshared(ids: [Int32], offsets: [Range<Int>]) -> [Int32] {
        let there = Set(zip(ids, offsets).map(Place.init))
        return Set(places.filter { !there.contains($0) }.map(\.id)).sorted()
    }
}

extension Tokenizer {
    /// Ids that are added tokens in one of the two, and another token or none in the other: what each calls them.
    package func unsharedTokens(with other: Tokenizer) -> [Int32: (own: String?, other: String?)] {
        let ids = Set(addedTokens.map(\.id) + other.addedTokens.map(\.id))
        var unshared: [Int32: (own: String?, other: String?)] = [:]
        for id in ids {
            let (own, others) = (token(ofID: id), other.token(ofID: id))
            // Strings are equal by canonical equivalence, tokens by their bytes.
            if own.map({ Array($0.utf8) }) != others.map({ Array($0.utf8) }) { unshared[id] = (own, others) }
        }
        return unshared
    }
}
