/// A string of the text that is being read, where it stands: nothing is copied. Its grammar has been checked, escapes and surrogate pairs
/// included, its UTF-8 has not.
package struct JSONText: Sendable {
    /// Between the quotes.
    let range: Range<Int>
    /// Whether no escape is in it, so that its bytes are the string's.
    let isPlain: Bool
}

extension JSONReader {
    /// Reads a string, escapes undone.
    ///
    /// - Throws: `JSONError`: `wrongType` where something else comes next, `invalidUTF8` whatever `checksUTF8` says.
    package mutating func string() throws -> String {
        try expect(.string, "a string")
        return try string(scanString())
    }

    /// The string that a key stands for, escapes undone.
    ///
    /// - Throws: `JSONError.invalidUTF8`.
    package func string(_ text: JSONText) throws -> String {
        let string =
            text.isPlain
            ? String(validating: UnsafeBufferPointer(rebasing: bytes[text.range]), as: UTF8.self)
            : String(validating: unescaped(text), as: UTF8.self)
        guard let string else { throw JSONError.invalidUTF8(path: pathText, offset: text.range.lowerBound) }
        return string
    }

    /// Appends the bytes of the string that comes next, escapes undone, without making a `String` of them.
    package mutating func appendString(to result: inout [UInt8]) throws {
        try expect(.string, "a string")
        try append(scanString(), to: &result)
    }

    /// Appends the bytes of a key, escapes undone.
    package func append(_ text: JSONText, to result: inout [UInt8]) throws {
        try checkUTF8(text)
        if text.isPlain {
            result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[text.range]))
        } else {
            JSONEscapes.append(UnsafeBufferPointer(rebasing: bytes[text.range]), to: &result)
        }
    }

    /// Whether a key has the bytes of `name`, once its escapes are undone.
    package func isEqual(_ key: JSONText, _ name: String) -> Bool {
        guard key.isPlain else { return unescaped(key).elementsEqual(name.utf8) }
        return key.range.count == name.utf8.count
            && UnsafeBufferPointer(rebasing: bytes[key.range]).elementsEqual(name.utf8)
    }

    private func unescaped(_ text: JSONText) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.range.count)
        JSONEscapes.append(UnsafeBufferPointer(rebasing: bytes[text.range]), to: &result)
        return result
    }

    /// Escapes give whole scalars, so the bytes as they stand are UTF-8 where the string's are.
    func checkUTF8(_ text: JSONText) throws {
        guard checksUTF8 else { return }
        guard UTF8Validation.firstInvalidOffset(UnsafeBufferPointer(rebasing: bytes[text.range])) == nil else {
            throw JSONError.invalidUTF8(path: pathText, offset: text.range.lowerBound)
        }
    }

    /// Moves behind the string that begins at `offset`.
    mutating func scanString() throws -> JSONText {
        offset += 1
        let start = offset
        var isPlain = true
        while true {
            offset = JSONEscapes.endOfRun(bytes, from: offset)
            guard offset < bytes.count else { break }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return JSONText(range: start..<offset - 1, isPlain: isPlain)
            case UInt8(ascii: "\\"):
                isPlain = false
                try scanEscape()
            default: throw JSONError.controlCharacter(path: pathText, offset: offset)
            }
        }
        throw JSONError.unexpectedEnd(path: pathText, offset: offset)
    }

    /// `offset` is at the backslash, and after it at the first byte behind the escape.
    private mutating func scanEscape() throws {
        let start = offset
        guard offset + 1 < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: bytes.count) }
        offset += 2
        let kind = bytes[offset - 1]
        guard kind == UInt8(ascii: "u") else {
            guard JSONEscapes.byte(kind) != nil else { throw JSONError.invalidEscape(path: pathText, offset: start) }
            return
        }
        let first = try scanCodeUnit(from: start)
        guard (0xD800...0xDFFF).contains(first) else { return }
        guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw JSONError.loneSurrogate(path: pathText, offset: start) }
        offset += 2
        guard (0xDC00...0xDFFF).contains(try scanCodeUnit(from: start)) else {
            throw JSONError.loneSurrogate(path: pathText, offset: start)
        }
    }

    private mutating func scanCodeUnit(from start: Int) throws -> UInt32 {
        guard offset + 4 <= bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: bytes.count) }
        guard let unit = JSONEscapes.codeUnit(UnsafeBufferPointer(rebasing: bytes[offset..<offset + 4])) else {
            throw JSONError.invalidEscape(path: pathText, offset: start)
        }
        offset += 4
        return unit
    }
}
