extension Corpus {
    /// Every segment that has a scored token, in the order of the documents, each once whatever its source's weight. Nothing is kept.
    package var segments: some Sequence<CorpusSegment> {
        (0..<documentCount).lazy.flatMap { document in
            let (source, index) = place(ofDocument: document)
            let entry = sources[source].tokens.entry(index)
            return (0..<entry.pieceCount(sequenceLength: sequenceLength)).lazy
                .map { entry.segment($0, sequenceLength: sequenceLength, source: source) }
                .filter { $0.scoredTokens > 0 }
        }
    }

    package func tokenIDs(_ segment: CorpusSegment) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(segment.tokenCount)
        sources[segment.source].tokens.appendTokens(from: segment.tokenOffset, count: segment.tokenCount, to: &ids)
        return ids
    }
}
