extension Corpus {
    /// Every segment that has a scored token, in the order of the documents: what an epoch holds, unshuffled. Nothing is kept.
    package var segments: some Sequence<CorpusSegment> {
        (0..<tokens.documentCount).lazy.flatMap { document in
            let entry = tokens.entry(document)
            return (0..<entry.pieceCount(sequenceLength: sequenceLength)).lazy
                .map { entry.segment($0, sequenceLength: sequenceLength) }
                .filter { $0.scoredTokens > 0 }
        }
    }

    package func tokenIDs(_ segment: CorpusSegment) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(segment.tokenCount)
        tokens.appendTokens(from: segment.tokenOffset, count: segment.tokenCount, to: &ids)
        return ids
    }
}
