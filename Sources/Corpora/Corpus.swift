import Digests

/// A tokenized corpus, on disk and memory-mapped, cut into segments for one sequence length.
package struct Corpus: Sendable {
    package let tokens: TokenFile
    package let sequenceLength: Int

    package init(_ tokens: TokenFile, sequenceLength: Int) {
        precondition(sequenceLength > 1, "a window of one token scores nothing")
        self.tokens = tokens
        self.sequenceLength = sequenceLength
    }

    /// Depends on the documents alone, not on their order or on how they are split into files.
    package var fingerprint: SHA256Digest { tokens.fingerprint }

    /// The order of one epoch. Memory: 24 bytes a segment while it is made, 8 of them kept.
    ///
    /// Segments are sorted by a number made of the seed, the epoch and the document's content, so that the order does not depend on how
    /// the corpus is split into files. Equal documents are told apart by counting them.
    package func plan(seed: UInt64, epoch: Int) throws -> EpochPlan {
        var keyed: [(key: UInt64, place: EpochPlan.Place)] = []
        for index in 0..<tokens.documentCount {
            let entry = tokens.entry(index)
            for piece in 0..<entry.pieceCount(sequenceLength: sequenceLength)
            where entry.segment(piece, sequenceLength: sequenceLength).scoredTokens > 0 {
                let key = SplitMix64.mix(
                    seed, UInt64(epoch), entry.contentHash, UInt64(entry.occurrence), UInt64(piece))
                keyed.append((key, EpochPlan.Place(document: UInt32(index), piece: UInt32(piece))))
            }
        }
        guard !keyed.isEmpty else { throw CorpusError.nothingToScore(paths: [tokens.path]) }
        keyed.sort { $0.key < $1.key }
        return EpochPlan(keyed.lazy.map(\.place), tokens: tokens, sequenceLength: sequenceLength)
    }

    package func window(_ segments: some Collection<CorpusSegment>) -> TrainingWindow {
        var ids: [Int32] = []
        var starts: [Int] = []
        var scored: [Bool] = []
        ids.reserveCapacity(sequenceLength)
        scored.reserveCapacity(sequenceLength)
        for segment in segments {
            starts.append(ids.count)
            tokens.appendTokens(from: segment.tokenOffset, count: segment.tokenCount, to: &ids)
            let unscored = max(1, segment.contextTokens)
            scored.append(contentsOf: repeatElement(false, count: unscored))
            scored.append(contentsOf: repeatElement(true, count: segment.tokenCount - unscored))
        }
        return TrainingWindow(tokenIDs: ids, segmentStarts: starts, scored: scored)
    }
}
