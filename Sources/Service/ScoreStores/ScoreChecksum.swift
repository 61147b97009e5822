import Digests
import Foundation
import Sequences

#if _endian(big)
    #error("values are stored little-endian and copied without conversion")
#endif

/// The first 16 bytes of a SHA-256 over key and value: a value that was damaged, or that stands under another's key, is not
/// served. (Hardware does 1 to 2 GB/s of it; serving two million tokens a second needs 8 MB/s.)
enum ScoreChecksum {
    static let byteCount = 16

    static func of(_ value: UnsafeRawBufferPointer, key: SegmentKey) -> Data {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit log-probs 1")
        hasher.update(digest: key.scoresFingerprint)
        hasher.update(digest: key.segment)
        hasher.update(littleEndian: UInt64(value.count))
        hasher.update(value)
        return Data(hasher.finalize().bytes.prefix(byteCount))
    }

    /// The log-probs in a row, or nil where they are not those that were stored under `key`.
    static func logProbs(_ value: Data?, checksum: Data?, key: SegmentKey) -> [Float]? {
        guard let value, let checksum, !value.isEmpty, value.count % MemoryLayout<Float>.stride == 0 else { return nil }
        return value.withUnsafeBytes { bytes in
            guard of(bytes, key: key) == checksum else { return nil }
            return [Float](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Float>.stride) { floats, count in
                UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
                count = floats.count
            }
        }
    }
}
