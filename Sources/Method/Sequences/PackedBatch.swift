/// Token ids of several segments, one after the other, never padded.
///
/// A segment is scored on its own: positions and attention start anew at each.
package struct PackedBatch: Sendable, Equatable {
    /// Ids of all segments, one segment behind the other. [N]
    package let tokenIDs: [Int32]  // [N]
    /// Where each segment lies in `tokenIDs`.
    package let segments: Spans

    /// A batch of ids that lie one behind the other already.
    ///
    /// - Parameter segments: spans over as many tokens as there are ids.
    package init(tokenIDs: [Int32], segments: Spans) {
        precondition(segments.tokenCount == tokenIDs.count, "the segments are those of the ids")
        self.tokenIDs = tokenIDs
        self.segments = segments
    }

    /// A batch of segments, laid one behind the other.
    ///
    /// - Parameter segments: none of them empty.
    package init(segments: [[Int32]]) {
        self.init(tokenIDs: Array(segments.joined()), segments: Spans(lengths: segments.lazy.map(\.count)))
    }

    /// N, the tokens of all segments together.
    package var tokenCount: Int { tokenIDs.count }
}
