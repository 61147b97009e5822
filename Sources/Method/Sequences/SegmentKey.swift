import Digests

/// Names one result for ever: which model at which precision on which kernels, which ids, and what is wanted beside their log-probs.
package struct SegmentKey: Hashable, Sendable {
    /// Name of what decides the bits of a log-prob: model, precision and kernels.
    package let scoresFingerprint: SHA256Digest
    /// `Segment.digest(of:)` of the segment's ids.
    package let segment: SHA256Digest
    /// What the result has beside log-probs. Only plain results are kept, in memory or in a store.
    package let detail: ScoreDetail

    package init(scoresFingerprint: SHA256Digest, segment: SHA256Digest, _ detail: ScoreDetail = .none) {
        self.scoresFingerprint = scoresFingerprint
        self.segment = segment
        self.detail = detail
    }

    /// Key of the same segment's log-probs alone.
    package var plain: SegmentKey { SegmentKey(scoresFingerprint: scoresFingerprint, segment: segment) }

    /// Room that the segment under this key takes in the queue.
    package func cost(of segment: Segment) -> Int { segment.tokenCount * detail.costPerToken }
}
