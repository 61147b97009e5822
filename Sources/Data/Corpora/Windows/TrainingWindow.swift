import Sequences

/// One training sequence: segments packed whole, one behind the other. Padding is the room that is left, and exists nowhere.
package struct TrainingWindow: Sendable, Equatable {
    /// Ids of all segments, one behind the other. [T]
    package let tokenIDs: [Int32]  // [T]
    /// What is read on its own: each segment, or with attention over the window the window alone.
    package let segments: Spans
    /// Which tokens are scored: not the first of each of `segments`, and not context. [T]
    package let scored: [Bool]  // [T]
    /// Number of scored tokens: what the window adds to N of the loss.
    package let scoredTokens: Int
    /// The segments that were packed, in order, whether they are read on their own or not.
    package let pieces: [Piece]

    /// Where a packed segment begins in its window, and where it comes from.
    package struct Piece: Sendable, Equatable {
        /// Position of the segment's first token in the window.
        package let start: Int
        /// Index in `Corpus.sources` of the source that it is of.
        package let source: Int
        /// Index in `Corpus.domains` of the domain that it is of; 0 for none.
        package let domain: Int

        package init(start: Int, source: Int = 0, domain: Int = 0) {
            self.start = start
            self.source = source
            self.domain = domain
        }
    }

    /// A window of segments that were packed already; lists that do not go together are a precondition's failure.
    ///
    /// - Parameter pieces: nil where they are the segments, of the first source and no domain.
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

    /// T, the tokens of the window; padding is none of them.
    package var tokenCount: Int { tokenIDs.count }

    /// Positions of one packed segment in the window.
    package func range(ofPiece index: Int) -> Range<Int> {
        pieces[index].start..<(index + 1 < pieces.count ? pieces[index + 1].start : tokenCount)
    }
}
