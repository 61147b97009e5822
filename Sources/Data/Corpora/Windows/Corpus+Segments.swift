extension Corpus {
    /// Every segment that has a scored token, in the order of the documents, each once whatever its source's weight. Nothing is kept.
    package var segments: some Sequence<CorpusSegment> {
        (0..<documentCount).lazy.flatMap { document in
            let (source, index) = place(ofDocument: document)
            let tokens = sources[source].tokens
            let entry = tokens.entry(index)
            return (0..<entry.pieceCount(sequenceLength: sequenceLength)).lazy
                .map { tokens.segment($0, of: entry, sequenceLength: sequenceLength, source: source) }
                .filter { $0.scoredTokens > 0 }
        }
    }

    /// Number of this corpus's documents that `other` holds too, told by the hash of their ids. Memory: 8 bytes a document of this
    /// one.
    package func documents(alsoIn other: Corpus) -> Int {
        var hashes: [UInt64: Int] = [:]
        forEachDocument { hashes[$0.contentHash, default: 0] += 1 }
        var known = 0
        other.forEachDocument { known += hashes.removeValue(forKey: $0.contentHash) ?? 0 }
        return known
    }

    private func forEachDocument(_ body: (TokenFile.Entry) -> Void) {
        for source in sources {
            for index in 0..<source.tokens.documentCount { body(source.tokens.entry(index)) }
        }
    }

    /// Ids of a segment of this corpus. [T]
    ///
    /// - Throws: `CorpusError.damagedCache` where the file has not the bytes that were written.
    package func tokenIDs(_ segment: CorpusSegment) throws -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(segment.tokenCount)
        try sources[segment.source].tokens.appendTokens(from: segment.tokenOffset, count: segment.tokenCount, to: &ids)
        return ids
    }
}
