import Digests
import Sequences

/// Segments whose log-probs follow from their number, so that any process knows what is right.
enum Samples {
    static let fingerprint = SHA256Hasher.digest(Array("teacher".utf8))
    static let otherFingerprint = SHA256Hasher.digest(Array("another teacher".utf8))

    static func key(_ number: Int, fingerprint: SHA256Digest = fingerprint) -> SegmentKey {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(number))
        return SegmentKey(scoresFingerprint: fingerprint, segment: hasher.finalize())
    }

    static func logProbs(_ number: Int, tokens: Int) -> [Float] {
        [.nan] + (1..<tokens).map { -Float(($0 &* 2_654_435_761 &+ number &* 40_503) % 100_003) / 7001 }
    }

    static func segment(
        _ number: Int, tokens: Int = 100, fingerprint: SHA256Digest = fingerprint
    ) -> StoredSegment {
        StoredSegment(key: key(number, fingerprint: fingerprint), logProbs: logProbs(number, tokens: tokens))
    }
}

extension [Float] {
    /// NaN equals NaN and 0 is not -0: what a store must give back.
    var bits: [UInt32] { map(\.bitPattern) }
}
