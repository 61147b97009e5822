/// GPT-2's printable alphabet: one character for each byte, itself where printable, else U+0100 and up.
/// Radford et al. 2019, encoder.py, `bytes_to_unicode`.
enum ByteLevelAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [UInt32] = {
        var scalars: [UInt32] = []
        var next: UInt32 = 0x100
        for byte in UInt32(0)...255 {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: scalars.append(byte)
            default:
                scalars.append(next)
                next += 1
            }
        }
        return scalars
    }()

    /// The byte for each scalar below U+0144; -1 where none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The bytes a token of this alphabet stands for; nil if one of its characters is not of the alphabet.
    static func decode(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(token.count)
        var at = token.startIndex
        while at < token.endIndex {
            let scalar = UTF8Scalar.decode(token, &at)
            guard scalar < 0x144, bytes[Int(scalar)] >= 0 else { return nil }
            decoded.append(UInt8(bytes[Int(scalar)]))
        }
        return decoded
    }
}

/// Scalars out of and into valid UTF-8.
enum UTF8Scalar {
    /// Reads the scalar at `at` and moves past it. The bytes must be valid UTF-8.
    @inline(__always)
    static func decode<Bytes: RandomAccessCollection>(_ bytes: Bytes, _ at: inout Int) -> UInt32
    where Bytes.Element == UInt8, Bytes.Index == Int {
        let first = UInt32(bytes[at])
        if first < 0x80 {
            at += 1
            return first
        }
        if first < 0xE0 {
            let scalar = (first & 0x1F) << 6 | UInt32(bytes[at + 1]) & 0x3F
            at += 2
            return scalar
        }
        if first < 0xF0 {
            let scalar = (first & 0x0F) << 12 | (UInt32(bytes[at + 1]) & 0x3F) << 6 | UInt32(bytes[at + 2]) & 0x3F
            at += 3
            return scalar
        }
        let high = (first & 0x07) << 18 | (UInt32(bytes[at + 1]) & 0x3F) << 12
        let scalar = high | (UInt32(bytes[at + 2]) & 0x3F) << 6 | UInt32(bytes[at + 3]) & 0x3F
        at += 4
        return scalar
    }

    /// Bytes of the sequence that starts with `first`.
    @inline(__always)
    static func length(first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            bytes.append(UInt8(scalar))
        case 0x80..<0x800:
            bytes.append(UInt8(0xC0 | scalar >> 6))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(UInt8(0xE0 | scalar >> 12))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | scalar >> 18))
            bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
