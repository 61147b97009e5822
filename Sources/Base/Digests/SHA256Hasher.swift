import Crypto

/// SHA-256 fed piece by piece. `update(field:)` and the sized forms prefix a length, so that no two different sequences
/// of fields feed the same bytes; plain `update` is for one opaque run of bytes.
package struct SHA256Hasher: Sendable {
    private var state = SHA256()

    package init() {}

    package static func digest(_ bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    package static func digest(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    /// The UTF-8 of `string`, nothing else.
    package mutating func update(_ string: String) {
        var string = string
        string.withUTF8 { state.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }

    /// The count of UTF-8 bytes (as `update(littleEndian:)`), then the UTF-8.
    package mutating func update(field string: String) {
        update(littleEndian: UInt64(string.utf8.count))
        update(string)
    }

    /// The count of bytes (as `update(littleEndian:)`), then the bytes.
    package mutating func update(field bytes: [UInt8]) {
        update(littleEndian: UInt64(bytes.count))
        update(bytes)
    }

    package mutating func update(digest: SHA256Digest) {
        update(digest.bytes)
    }

    /// Eight bytes, lowest first.
    package mutating func update(littleEndian value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { state.update(bufferPointer: $0) }
    }

    package func finalize() -> SHA256Digest {
        SHA256Digest(bytes: Array(state.finalize()))
    }
}
