import Crypto

/// SHA-256 fed piece by piece. `update(field:)` and the sized forms prefix a length, so that no two different sequences
/// of fields feed the same bytes; plain `update` is for one opaque run of bytes.
package struct SHA256Hasher: Sendable {
    private var state = SHA256()

    package init() {}

    /// The SHA-256 of `bytes`.
    package static func digest(_ bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The SHA-256 of bytes that lie in memory, which are not copied.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// Feeds one run of bytes, without its length: two runs in a row hash as one.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    /// Feeds one run of bytes, without its length: two runs in a row hash as one.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    /// Feeds the UTF-8 of `string`, without its length.
    package mutating func update(_ string: String) {
        var string = string
        string.withUTF8 { state.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }

    /// Feeds the count of UTF-8 bytes (as `update(littleEndian:)`), then the UTF-8.
    package mutating func update(field string: String) {
        update(littleEndian: UInt64(string.utf8.count))
        update(string)
    }

    /// Feeds the count of bytes (as `update(littleEndian:)`), then the bytes.
    package mutating func update(field bytes: [UInt8]) {
        update(littleEndian: UInt64(bytes.count))
        update(bytes)
    }

    /// Feeds the 32 bytes of a digest, which need no length: all have the same.
    package mutating func update(digest: SHA256Digest) {
        update(digest.bytes)
    }

    /// Feeds eight bytes, lowest first.
    package mutating func update(littleEndian value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { state.update(bufferPointer: $0) }
    }

    /// The SHA-256 of all that was fed. The hasher stays as it is: more may be fed, and asked again.
    package func finalize() -> SHA256Digest {
        SHA256Digest(bytes: Array(state.finalize()))
    }
}
