/// A piece of a tokenized corpus that the model reads on its own: a document, or a piece of one cut at a multiple of the sequence
/// length from its own start.
package struct CorpusSegment: Sendable, Equatable {
    /// Where its ids begin among all ids of the corpus.
    package let tokenOffset: Int
    package let tokenCount: Int
    /// The first so many tokens are context: neither scored nor counted.
    package let contextTokens: Int
    package var scoredTokens: Int { max(0, tokenCount - max(1, contextTokens)) }

    package init(tokenOffset: Int, tokenCount: Int, contextTokens: Int) {
        self.tokenOffset = tokenOffset
        self.tokenCount = tokenCount
        self.contextTokens = contextTokens
    }
}

extension TokenFile.Entry {
    /// How many pieces of at most `sequenceLength` tokens the document has.
    func pieceCount(sequenceLength: Int) -> Int { (tokenCount + sequenceLength - 1) / sequenceLength }

    func segment(_ piece: Int, sequenceLength: Int) -> CorpusSegment {
        let start = piece * sequenceLength
        let count = min(sequenceLength, tokenCount - start)
        return CorpusSegment(
            tokenOffset: tokenOffset + start, tokenCount: count,
            contextTokens: min(count, max(0, contextTokens - start)))
    }
}
