extension JSONReader {
    package mutating func string() throws -> String {
        try expect(.string, "a string")
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try utf8Text(bytes[start..<offset], from: start)
                offset += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw JSONError.controlCharacter(path: pathText, offset: offset)
            default: offset += 1
            }
        }
        throw JSONError.unexpectedEnd(path: pathText, offset: offset)
    }

    /// The slow form, from the first backslash on.
    private mutating func escapedString(from start: Int) throws -> String {
        var text = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                let string = try utf8Text(text[...], from: start)
                offset += 1
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw JSONError.controlCharacter(path: pathText, offset: offset)
            default:
                text.append(byte)
                offset += 1
            }
        }
        throw JSONError.unexpectedEnd(path: pathText, offset: offset)
    }

    /// `offset` is at the backslash, and after it at the first byte behind the escape.
    private mutating func escape(into text: inout [UInt8]) throws {
        let start = offset
        guard offset + 1 < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: bytes.count) }
        offset += 2
        switch bytes[offset - 1] {
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try scalar(from: start)).utf8))
        default: throw JSONError.invalidEscape(path: pathText, offset: start)
        }
    }

    private mutating func scalar(from start: Int) throws -> Character {
        let first = try codeUnit(from: start)
        if let scalar = UnicodeScalar(first) { return Character(scalar) }
        guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw JSONError.loneSurrogate(path: pathText, offset: start) }
        offset += 2
        let second = try codeUnit(from: start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = UnicodeScalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw JSONError.loneSurrogate(path: pathText, offset: start) }
        return Character(scalar)
    }

    private mutating func codeUnit(from start: Int) throws -> UInt16 {
        guard offset + 4 <= bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: bytes.count) }
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue, bytes[offset] < 0x80 else {
                throw JSONError.invalidEscape(path: pathText, offset: start)
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private func utf8Text(_ slice: ArraySlice<UInt8>, from start: Int) throws -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError.invalidUTF8(path: pathText, offset: start)
        }
        return text
    }
}
