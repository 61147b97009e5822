/// A piece of a tokenized corpus that the model reads on its own: a document, or a piece of one cut at a multiple of the sequence
/// length from its own start.
package struct CorpusSegment: Sendable, Equatable {
    /// Index in `Corpus.sources` of the source that it is of.
    package let source: Int
    /// Index in `Corpus.domains` of the domain that it is of; 0 for none, and in all of `Corpus.segments`, which does not tell
    /// domains.
    package let domain: Int
    /// Place of its first id among all ids of its source.
    package let tokenOffset: Int
    /// Number of its ids, context included; at most the sequence length.
    package let tokenCount: Int
    /// Number of tokens at its beginning that are context: neither scored nor counted.
    package let contextTokens: Int
    /// Number of tokens that are scored where the segment is read on its own: neither its first nor context, nor outside of a mask.
    package let scoredTokens: Int
}

extension TokenFile.Entry {
    /// How many pieces of at most `sequenceLength` tokens the document has.
    func pieceCount(sequenceLength: Int) -> Int { (tokenCount + sequenceLength - 1) / sequenceLength }
}

extension TokenFile {
    /// A piece of a document of this file.
    func segment(
        _ piece: Int, of entry: Entry, sequenceLength: Int, source: Int = 0, domain: Int = 0
    ) -> CorpusSegment {
        let start = piece * sequenceLength
        let count = min(sequenceLength, entry.tokenCount - start)
        let context = min(count, max(0, entry.contextTokens - start))
        let offset = entry.tokenOffset + start
        return CorpusSegment(
            source: source, domain: domain, tokenOffset: offset, tokenCount: count, contextTokens: context,
            scoredTokens: mask.map { $0.count(offset + 1..<offset + count) } ?? max(0, count - max(1, context)))
    }
}
