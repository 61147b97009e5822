/// A piece of a tokenized corpus that the model reads on its own: a document, or a piece of one cut at a multiple of the sequence
/// length from its own start. 16 bytes.
package struct CorpusSegment: Sendable, Equatable {
    /// Where its ids begin among all ids of the corpus.
    package let tokenOffset: Int
    private let tokens: UInt32
    private let context: UInt32

    package var tokenCount: Int { Int(tokens) }
    /// The first so many tokens are context: neither scored nor counted.
    package var contextTokens: Int { Int(context) }
    package var scoredTokens: Int { max(0, tokenCount - max(1, contextTokens)) }

    package init(tokenOffset: Int, tokenCount: Int, contextTokens: Int) {
        self.tokenOffset = tokenOffset
        tokens = UInt32(tokenCount)
        context = UInt32(contextTokens)
    }

    /// The pieces of a document.
    package static func pieces(
        tokenOffset: Int, tokenCount: Int, contextTokens: Int, sequenceLength: Int
    ) -> some Sequence<CorpusSegment> {
        stride(from: 0, to: tokenCount, by: sequenceLength).lazy.map { start in
            let count = min(sequenceLength, tokenCount - start)
            return CorpusSegment(
                tokenOffset: tokenOffset + start, tokenCount: count,
                contextTokens: min(count, max(0, contextTokens - start)))
        }
    }
}
