/// Log-probs of one segment with the name they are kept under.
package struct StoredSegment: Sendable {
    package let key: SegmentKey
    package let logProbs: [Float]

    package init(key: SegmentKey, logProbs: [Float]) {
        self.key = key
        self.logProbs = logProbs
    }
}
