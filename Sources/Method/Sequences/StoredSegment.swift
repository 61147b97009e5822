/// Log-probs of one segment with the key that they are kept under: the entry of a `LogProbStore`.
package struct StoredSegment: Sendable {
    /// Name of the result. Of log-probs alone: nothing else is stored.
    package let key: SegmentKey
    /// Natural log-probs of the segment's tokens. [T]; NaN at the first.
    package let logProbs: [Float]

    package init(key: SegmentKey, logProbs: [Float]) {
        self.key = key
        self.logProbs = logProbs
    }
}
