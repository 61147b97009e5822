import Digests

/// A fingerprint of digests that ignores their order: their sum as four 64-bit lanes, and their number, hashed.
struct MultisetFingerprint: Sendable {
    private var sum: [UInt64] = [0, 0, 0, 0]
    private var count: UInt64 = 0

    mutating func insert(_ digest: SHA256Digest) {
        for (lane, word) in Self.words(digest).enumerated() { sum[lane] &+= word }
        count += 1
    }

    var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: count)
        for word in sum { hasher.update(littleEndian: word) }
        return hasher.finalize()
    }

    static func words(_ digest: SHA256Digest) -> [UInt64] {
        let bytes = digest.bytes
        return (0..<4).map { lane in
            (0..<8).reduce(0) { $0 | UInt64(bytes[8 * lane + $1]) << UInt64(8 * $1) }
        }
    }
}
