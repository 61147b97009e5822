/// A piece of a tokenized corpus that the model reads on its own: a document, or a piece of one cut at a multiple of the sequence
/// length from its own start.
package struct CorpusSegment: Sendable, Equatable {
    /// Which of the corpus's sources it is of.
    package let source: Int
    /// Which of the corpus's domains it is of; 0 for none.
    package let domain: Int
    /// Where its ids begin among all ids of its source.
    package let tokenOffset: Int
    package let tokenCount: Int
    /// The first so many tokens are context: neither scored nor counted.
    package let contextTokens: Int
    package var scoredTokens: Int { max(0, tokenCount - max(1, contextTokens)) }
}

extension TokenFile.Entry {
    /// How many pieces of at most `sequenceLength` tokens the document has.
    func pieceCount(sequenceLength: Int) -> Int { (tokenCount + sequenceLength - 1) / sequenceLength }

    func segment(_ piece: Int, sequenceLength: Int, source: Int = 0, domain: Int = 0) -> CorpusSegment {
        let start = piece * sequenceLength
        let count = min(sequenceLength, tokenCount - start)
        return CorpusSegment(
            source: source, domain: domain, tokenOffset: tokenOffset + start, tokenCount: count,
            contextTokens: min(count, max(0, contextTokens - start)))
    }
}
