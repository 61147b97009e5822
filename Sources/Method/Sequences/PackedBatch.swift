/// Token ids of several segments, one after the other, never padded.
///
/// A segment is scored on its own: positions and attention start anew at each.
package struct PackedBatch: Sendable, Equatable {
    package let tokenIDs: [Int32]  // [N]
    package let segments: Spans

    /// - Parameter segments: of as many tokens as there are ids.
    package init(tokenIDs: [Int32], segments: Spans) {
        precondition(segments.tokenCount == tokenIDs.count, "the segments are those of the ids")
        self.tokenIDs = tokenIDs
        self.segments = segments
    }

    /// - Parameter segments: none of them empty.
    package init(segments: [[Int32]]) {
        self.init(tokenIDs: Array(segments.joined()), segments: Spans(lengths: segments.lazy.map(\.count)))
    }

    package var tokenCount: Int { tokenIDs.count }
}
