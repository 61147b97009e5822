/// One training sequence: segments packed whole, one behind the other. Padding is the room that is left, and exists nowhere.
package struct TrainingWindow: Sendable, Equatable {
    package let tokenIDs: [Int32]  // [T]
    /// Where segments begin; the first is 0.
    package let segmentStarts: [Int]
    /// False at the first token of each segment and at context.
    package let scored: [Bool]  // [T]
    package let scoredTokens: Int

    package init(tokenIDs: [Int32], segmentStarts: [Int], scored: [Bool]) {
        precondition(tokenIDs.count == scored.count && segmentStarts.first == 0, "a window has at least one segment")
        precondition(segmentStarts.allSatisfy { !scored[$0] }, "the first token of a segment is never scored")
        self.tokenIDs = tokenIDs
        self.segmentStarts = segmentStarts
        self.scored = scored
        scoredTokens = scored.count { $0 }
    }

    package var tokenCount: Int { tokenIDs.count }
}
