import Digests

/// Names one result for ever: which model at which precision on which kernels, which ids, and how many of the likeliest tokens beside
/// their log-probs.
package struct SegmentKey: Hashable, Sendable {
    /// Name of what decides the bits of a log-prob: model, precision and kernels.
    package let scoresFingerprint: SHA256Digest
    /// `Segment.digest(of:)` of the segment's ids.
    package let segment: SHA256Digest
    /// How many of the likeliest tokens the result has at each position. Only results with 0 are kept, in memory or in a store.
    package let topK: Int

    package init(scoresFingerprint: SHA256Digest, segment: SHA256Digest, topK: Int = 0) {
        self.scoresFingerprint = scoresFingerprint
        self.segment = segment
        self.topK = topK
    }

    /// Key of the same segment's log-probs alone, without likeliest tokens.
    package var plain: SegmentKey { SegmentKey(scoresFingerprint: scoresFingerprint, segment: segment) }

    /// Room that so many tokens take in the queue: a position with k likeliest tokens has 1 + k numbers, and as many ids, to keep
    /// until its request is answered, where one without has one.
    package static func cost(tokens: Int, topK: Int) -> Int { tokens * (1 + topK) }

    /// Room that the segment under this key takes in the queue.
    package func cost(of segment: Segment) -> Int { Self.cost(tokens: segment.tokenCount, topK: topK) }
}
