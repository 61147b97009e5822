import Bytes

/// What stands behind a backslash in a JSON string.
enum JSONEscapes {
    /// Of the escapes of one letter; nil for `u` and for what is none.
    static func byte(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Four hexadecimal digits; nil where one is none.
    static func codeUnit(_ digits: UnsafeBufferPointer<UInt8>) -> UInt32? {
        var unit: UInt32 = 0
        for digit in digits {
            guard let value = HexDigit.value(digit) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }

    /// Appends what the text between two quotes stands for. Its escapes have been checked.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
        var at = 0
        while at < text.count {
            let run = endOfRun(text, from: at)
            result.append(contentsOf: UnsafeBufferPointer(rebasing: text[at..<run]))
            at = run
            guard at < text.count else { return }
            if let byte = byte(text[at + 1]) {
                result.append(byte)
                at += 2
            } else {
                UTF8.encode(scalar(text, &at)).map { result.append(contentsOf: $0) }
            }
        }
    }

    /// The first place from `start` on where a quote, a backslash or a control character stands; else the end. Eight bytes at a time: in a
    /// word less a constant, the bits that were borrowed mark the lowest byte below it, or, after an exclusive or, equal to it.
    static func endOfRun(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        let raw = UnsafeRawBufferPointer(text)
        var at = start
        while at + 8 <= text.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
            let found =
                ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & highs
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < text.count, text[at] >= 0x20, text[at] != 0x22, text[at] != 0x5C { at += 1 }
        return at
    }

    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> UnicodeScalar {
        func unit() -> UInt32 {
            defer { at += 6 }
            return codeUnit(UnsafeBufferPointer(rebasing: text[at + 2..<at + 6])) ?? 0
        }
        let first = unit()
        if let scalar = UnicodeScalar(first) { return scalar }
        return UnicodeScalar(0x10000 + (first & 0x3FF) << 10 + unit() & 0x3FF) ?? "\u{FFFD}"
    }
}
