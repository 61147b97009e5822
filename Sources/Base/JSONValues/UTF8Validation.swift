/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Validation {
    /// The offset of the first byte that starts no valid sequence; nil if all is valid. O(n).
    package static func firstInvalidOffset(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer(firstInvalidOffset)
    }

    /// The offset of the first byte that starts no valid sequence; nil if all is valid. O(n), eight bytes at a time in ASCII.
    package static func firstInvalidOffset(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        let count = bytes.count
        var at = 0
        while at < count {
            while at + 8 <= count,
                raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at += 8
            }
            guard at < count else { break }
            let length = sequenceLength(bytes, at)
            guard length > 0 else { return at }
            at += length
        }
        return nil
    }

    /// 0 if no valid sequence starts at `at`.
    private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        let first = bytes[at]
        if first < 0x80 { return 1 }
        func isTrail(_ step: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at + step < bytes.count && range.contains(bytes[at + step])
        }
        switch first {
        case 0xC2...0xDF: return isTrail(1) ? 2 : 0
        case 0xE0: return isTrail(1, 0xA0...0xBF) && isTrail(2) ? 3 : 0
        case 0xED: return isTrail(1, 0x80...0x9F) && isTrail(2) ? 3 : 0
        case 0xE1...0xEF: return isTrail(1) && isTrail(2) ? 3 : 0
        case 0xF0: return isTrail(1, 0x90...0xBF) && isTrail(2) && isTrail(3) ? 4 : 0
        case 0xF1...0xF3: return isTrail(1) && isTrail(2) && isTrail(3) ? 4 : 0
        case 0xF4: return isTrail(1, 0x80...0x8F) && isTrail(2) && isTrail(3) ? 4 : 0
        default: return 0
        }
    }
}
