import Digests

/// Token ids that are scored on their own from position 0: a document, or a piece of one. Not empty, within the limits of
/// the model it is scored by (`TokenSequence` makes it so).
package struct Segment: Sendable {
    /// Ids in the order of the text. [T], at least one.
    package let tokenIDs: [Int32]
    /// `Segment.digest(of:)` of the ids.
    package let digest: SHA256Digest

    /// Hashes the ids, which must not be empty.
    package init(tokenIDs: [Int32]) {
        precondition(!tokenIDs.isEmpty, "a segment has at least one token")
        self.tokenIDs = tokenIDs
        digest = Self.digest(of: tokenIDs)
    }

    /// T, the tokens of the segment.
    package var tokenCount: Int { tokenIDs.count }

    /// SHA-256 of the ids as little-endian 32-bit words: equal ids, equal digest, whatever they are packed with. The name of a segment in
    /// the store and in side-cars.
    package static func digest(of tokenIDs: some Collection<Int32>) -> SHA256Digest {
        var hasher = SHA256Hasher()
        if tokenIDs.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(tokenIDs).withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }
}
