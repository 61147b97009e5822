import Sequences

/// One training sequence: segments packed whole, one behind the other. Padding is the room that is left, and exists nowhere.
package struct TrainingWindow: Sendable, Equatable {
    package let tokenIDs: [Int32]  // [T]
    /// What is read on its own: each segment, or with attention over the window the window alone.
    package let segments: Spans
    /// False at the first token of each segment and at context.
    package let scored: [Bool]  // [T]
    package let scoredTokens: Int
    /// The segments that were packed, in order, whether they are read on their own or not.
    package let pieces: [Piece]

    /// A packed segment.
    package struct Piece: Sendable, Equatable {
        package let start: Int
        /// Which of `Corpus.sources` it is of.
        package let source: Int
        /// Which of `Corpus.domains` it is of; 0 for none.
        package let domain: Int

        package init(start: Int, source: Int = 0, domain: Int = 0) {
            self.start = start
            self.source = source
            self.domain = domain
        }
    }

    /// Without `pieces`, they are the segments.
    package init(tokenIDs: [Int32], segments: Spans, scored: [Bool], pieces: [Piece]? = nil) {
        precondition(tokenIDs.count == scored.count && tokenIDs.count == segments.tokenCount, "one entry a token")
        precondition(!segments.isEmpty, "a window has at least one segment")
        precondition(segments.starts.allSatisfy { !scored[$0] }, "the first token of a segment is never scored")
        self.tokenIDs = tokenIDs
        self.segments = segments
        self.scored = scored
        self.pieces = pieces ?? segments.starts.map { Piece(start: $0) }
        scoredTokens = scored.count { $0 }
    }

    package var tokenCount: Int { tokenIDs.count }

    /// The tokens of one packed segment.
    package func range(ofPiece index: Int) -> Range<Int> {
        pieces[index].start..<(index + 1 < pieces.count ? pieces[index + 1].start : tokenCount)
    }
}
