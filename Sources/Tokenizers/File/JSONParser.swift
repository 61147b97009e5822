/// Recursive descent over bytes, RFC 8259 to the letter: no trailing commas, no lone surrogates, valid UTF-8 only.
struct JSONParser {
    /// Deep enough for any tokenizer.json (about 8), shallow enough for any stack.
    private static let maxDepth = 128

    private let bytes: [UInt8]
    private let source: String
    private var at = 0
    private(set) var strings: [UInt8] = []

    init(bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
        strings.reserveCapacity(bytes.count)
    }

    mutating func parseDocument() throws -> JSONDocument.Node {
        if let offset = UTF8Validation.firstInvalidOffset(bytes) {
            throw TokenizerError.notJSON(source: source, offset: offset, reason: "invalid UTF-8")
        }
        let root = try parseValue(depth: 0)
        skipSpaces()
        guard at == bytes.count else { throw failure("unexpected data after the value") }
        return root
    }

    private func failure(_ reason: String) -> TokenizerError {
        .notJSON(source: source, offset: at, reason: reason)
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpaces() {
        while at < bytes.count, bytes[at] == 0x20 || (bytes[at] >= 0x09 && bytes[at] <= 0x0D) {
            guard bytes[at] != 0x0B, bytes[at] != 0x0C else { return }
            at += 1
        }
    }

    private mutating func parseValue(depth: Int) throws -> JSONDocument.Node {
        guard depth < Self.maxDepth else { throw failure("nested deeper than \(Self.maxDepth)") }
        skipSpaces()
        switch current {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case nil: throw failure("the text ends where a value was expected")
        default: return try parseNumber()
        }
    }

    private mutating func parseWord(_ word: StaticString, _ node: JSONDocument.Node) throws -> JSONDocument.Node {
        let matches = word.withUTF8Buffer { word in
            at + word.count <= bytes.count && word.indices.allSatisfy { bytes[at + $0] == word[$0] }
        }
        guard matches else { throw failure("a value was expected") }
        at += word.utf8CodeUnitCount
        return node
    }

    private mutating func parseObject(depth: Int) throws -> JSONDocument.Node {
        at += 1
        var members: [JSONDocument.Member] = []
        skipSpaces()
        if current == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            skipSpaces()
            guard current == UInt8(ascii: "\"") else { throw failure("a key was expected") }
            let key = try parseString()
            skipSpaces()
            guard current == UInt8(ascii: ":") else { throw failure("':' was expected") }
            at += 1
            members.append(.init(key: key, value: try parseValue(depth: depth + 1)))
            skipSpaces()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "}"):
                at += 1
                return .object(members)
            default: throw failure("',' or '}' was expected")
            }
        }
    }

    private mutating func parseArray(depth: Int) throws -> JSONDocument.Node {
        at += 1
        var elements: [JSONDocument.Node] = []
        skipSpaces()
        if current == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            elements.append(try parseValue(depth: depth + 1))
            skipSpaces()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "]"):
                at += 1
                return .array(elements)
            default: throw failure("',' or ']' was expected")
            }
        }
    }

    private mutating func parseNumber() throws -> JSONDocument.Node {
        let start = at
        if current == UInt8(ascii: "-") { at += 1 }
        let leading = at
        guard skipDigits() > 0 else {
            throw failure(leading == start ? "a value was expected" : "a digit was expected")
        }
        if bytes[leading] == UInt8(ascii: "0"), at - leading > 1 { throw failure("a number has a leading zero") }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            at += 1
            guard skipDigits() > 0 else { throw failure("a digit was expected") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            guard skipDigits() > 0 else { throw failure("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text) else { throw failure("a number was expected") }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = at
        while at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") { at += 1 }
        return at - start
    }

    private mutating func parseString() throws -> JSONDocument.Text {
        at += 1
        let start = strings.count
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return .init(start: UInt32(start), count: UInt32(strings.count - start))
            case UInt8(ascii: "\\"):
                at += 1
                try parseEscape()
            case 0..<0x20:
                throw failure("a control character in a string")
            default:
                strings.append(byte)
                at += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func parseEscape() throws {
        guard let byte = current else { throw failure("the text ends inside a string") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): strings.append(byte)
        case UInt8(ascii: "b"): strings.append(0x08)
        case UInt8(ascii: "f"): strings.append(0x0C)
        case UInt8(ascii: "n"): strings.append(0x0A)
        case UInt8(ascii: "r"): strings.append(0x0D)
        case UInt8(ascii: "t"): strings.append(0x09)
        case UInt8(ascii: "u"): try parseUnicodeEscape()
        default:
            at -= 1
            throw failure("an unknown escape")
        }
    }

    private mutating func parseUnicodeEscape() throws {
        var value = try parseFourHexDigits()
        if value & 0xFC00 == 0xD800 {
            guard current == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u") else {
                throw failure("a lone surrogate")
            }
            at += 2
            let low = try parseFourHexDigits()
            guard low & 0xFC00 == 0xDC00 else { throw failure("a lone surrogate") }
            value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("a lone surrogate") }
        strings.append(contentsOf: UTF8.encode(scalar)!)
    }

    private mutating func parseFourHexDigits() throws -> UInt32 {
        guard at + 4 <= bytes.count else { throw failure("the text ends inside an escape") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = HexDigit.value(bytes[at]) else { throw failure("a hexadecimal digit was expected") }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}

enum HexDigit {
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
