import Digests

/// Token ids that are scored on their own from position 0: a document, or a piece of one. Not empty, within the limits of
/// the model it is scored by (`TokenSequence` makes it so).
package struct Segment: Sendable {
    package let tokenIDs: [Int32]
    /// SHA-256 of the ids as little-endian 32-bit words: equal ids, equal digest, whatever they are packed with.
    package let digest: SHA256Digest

    package init(tokenIDs: [Int32]) {
        precondition(!tokenIDs.isEmpty, "a segment has at least one token")
        var hasher = SHA256Hasher()
        tokenIDs.withUnsafeBytes { hasher.update($0) }
        self.tokenIDs = tokenIDs
        digest = hasher.finalize()
    }

    package var tokenCount: Int { tokenIDs.count }
}

/// Names one result for ever: which model at which precision on which kernels, which ids, and how many of the likeliest tokens beside
/// their log-probs.
package struct SegmentKey: Hashable, Sendable {
    package let scoresFingerprint: SHA256Digest
    package let segment: SHA256Digest
    /// Only results with 0 are kept, in memory or in a store.
    package let topK: Int

    package init(scoresFingerprint: SHA256Digest, segment: SHA256Digest, topK: Int = 0) {
        self.scoresFingerprint = scoresFingerprint
        self.segment = segment
        self.topK = topK
    }

    /// The log-probs alone.
    package var plain: SegmentKey { SegmentKey(scoresFingerprint: scoresFingerprint, segment: segment) }

    /// What so many tokens take in the queue: a position with k likeliest tokens has 1 + k numbers, and as many ids, to keep until its
    /// request is answered, where one without has one.
    package static func cost(tokens: Int, topK: Int) -> Int { tokens * (1 + topK) }

    /// What the segment under this key takes in the queue.
    package func cost(of segment: Segment) -> Int { Self.cost(tokens: segment.tokenCount, topK: topK) }
}
