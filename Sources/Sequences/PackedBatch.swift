/// Token ids of several segments, one after the other, never padded.
///
/// A segment is scored on its own: positions and attention start anew at each.
package struct PackedBatch: Sendable, Equatable {
    package let tokenIDs: [Int32]  // [N]
    /// First position of each segment, then N.
    package let segmentStarts: [Int]  // [S + 1]

    /// - Parameter segmentStarts: first 0, last the number of ids, strictly increasing; `[0]` for no ids at all.
    package init(tokenIDs: [Int32], segmentStarts: [Int]) {
        precondition(segmentStarts.first == 0 && segmentStarts.last == tokenIDs.count, "starts begin at 0 and end at N")
        precondition(zip(segmentStarts, segmentStarts.dropFirst()).allSatisfy(<), "starts are strictly increasing")
        self.tokenIDs = tokenIDs
        self.segmentStarts = segmentStarts
    }

    /// - Parameter segments: none of them empty.
    package init(segments: [[Int32]]) {
        var starts = [0]
        for segment in segments { starts.append(starts[starts.count - 1] + segment.count) }
        self.init(tokenIDs: Array(segments.joined()), segmentStarts: starts)
    }

    package var tokenCount: Int { tokenIDs.count }
    package var segmentCount: Int { segmentStarts.count - 1 }

    package func segment(_ index: Int) -> Range<Int> { segmentStarts[index]..<segmentStarts[index + 1] }
}
