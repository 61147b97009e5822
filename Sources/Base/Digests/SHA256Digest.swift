import Bytes

/// The 32 bytes of a SHA-256. Ordered bytewise, as its hexadecimal form is.
package struct SHA256Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes of a SHA-256.
    package static let byteCount = 32

    /// The digest, 32 bytes in the order of its hexadecimal form.
    package let bytes: [UInt8]

    /// A digest of bytes that were computed elsewhere; they must be 32.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a SHA-256 digest has 32 bytes, got \(bytes.count)")
        self.bytes = bytes
    }

    /// The digest that 64 hexadecimal digits of either case stand for; nil for anything else.
    package init?(hex: String) {
        guard let bytes = HexDigit.bytes(hex), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The digest as 64 lower-case hexadecimal digits.
    package var hex: String { HexDigit.text(bytes) }

    package var description: String { hex }

    /// Whether the first byte that differs is smaller, as its hexadecimal form sorts.
    package static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
