/// Every segment of the corpus once, packed into windows.
package struct EpochPlan: Sendable {
    private let segments: [CorpusSegment]
    private let starts: [Int]  // [windows + 1]
    package let sequenceLength: Int

    init(_ shuffled: [CorpusSegment], sequenceLength: Int) {
        let windows = WindowPacker(capacity: sequenceLength).pack(shuffled.lazy.map(\.tokenCount))
        var starts = [0]
        for window in windows { starts.append(starts.last! + window.count) }
        segments = windows.flatMap { $0 }.map { shuffled[$0] }
        self.starts = starts
        self.sequenceLength = sequenceLength
    }

    package var windowCount: Int { starts.count - 1 }
    package var segmentCount: Int { segments.count }

    package func window(_ index: Int) -> ArraySlice<CorpusSegment> { segments[starts[index]..<starts[index + 1]] }

    package var tokenCount: Int { segments.reduce(0) { $0 + $1.tokenCount } }
    package var scoredTokens: Int { segments.reduce(0) { $0 + $1.scoredTokens } }
    /// The share of the windows' room that no segment fills. It is never sent and never computed.
    package var paddingShare: Double { 1 - Double(tokenCount) / Double(windowCount * sequenceLength) }
}
