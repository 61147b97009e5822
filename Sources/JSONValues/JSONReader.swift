/// A strict pull reader over the bytes of one JSON text (RFC 8259): the caller asks for what it expects and gets it or
/// a `JSONError` that names the place. Nothing is looked at twice, so time is linear in the bytes whatever they say.
///
/// Stricter than the RFC asks: a key given twice, half a surrogate pair, bytes that are not UTF-8, more than `maxDepth`
/// levels and numbers of more than `maxNumberBytes` characters are errors. A byte-order mark is not skipped.
///
///     var reader = JSONReader(body)
///     try reader.object { reader, key in
///         switch key {
///         case "token_ids": ids = try reader.int32s()
///         default: throw reader.unknownField(known: ["token_ids"])
///         }
///     }
///     try reader.finish()
package struct JSONReader: Sendable {
    package static let defaultMaxDepth = 64
    /// The longest exact decimal of a double has 1,077 characters.
    package static let maxNumberBytes = 1100

    let bytes: [UInt8]
    var offset = 0
    var path = JSONPath()
    var element = -1  // the index within an array of plain numbers, which has no step in `path`
    let maxDepth: Int
    var depth = 0

    package init(_ bytes: [UInt8], maxDepth: Int = defaultMaxDepth) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    /// What the next value is, by its first byte; nothing is consumed.
    package enum Kind: String, Sendable {
        case null, boolean, number, string, array, object
    }

    package mutating func peek() throws -> Kind {
        skipSpace()
        guard offset < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: offset) }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw unexpected("a JSON value")
        }
    }

    /// Consumes a null if that is what comes next.
    package mutating func takeNull() throws -> Bool {
        guard try peek() == .null else { return false }
        try expectWord("null")
        return true
    }

    package mutating func bool() throws -> Bool {
        try expect(.boolean, "true or false")
        if bytes[offset] == UInt8(ascii: "t") {
            try expectWord("true")
            return true
        }
        try expectWord("false")
        return false
    }

    /// Calls `body` with each key when its value comes next; `body` must consume the value. Returns the keys, in order.
    @discardableResult
    package mutating func object(_ body: (inout JSONReader, String) throws -> Void) throws -> JSONKeys {
        try expect(.object, "an object")
        try descend()
        offset += 1
        var keys = JSONKeys()
        skipSpace()
        if take(UInt8(ascii: "}")) { return ascend(keys) }
        while true {
            skipSpace()
            guard offset < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: offset) }
            guard bytes[offset] == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let start = offset
            let key = try string()
            path.steps.append(.field(key))
            guard keys.insert(key) else { throw JSONError.duplicateKey(path: pathText, offset: start) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
            try body(&self, key)
            path.steps.removeLast()
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return ascend(keys) }
            throw unexpected("',' or '}'")
        }
    }

    /// Calls `body` with each index when that element comes next; `body` must consume it. Returns the count.
    @discardableResult
    package mutating func array(_ body: (inout JSONReader, Int) throws -> Void) throws -> Int {
        try expect(.array, "an array")
        try descend()
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return ascend(0) }
        var count = 0
        while true {
            path.steps.append(.index(count))
            try body(&self, count)
            path.steps.removeLast()
            count += 1
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "]")) { return ascend(count) }
            throw unexpected("',' or ']'")
        }
    }

    /// Nothing but white space may be left.
    package mutating func finish() throws {
        skipSpace()
        guard offset == bytes.count else { throw JSONError.trailingBytes(offset: offset) }
    }
}

// The errors a decoder raises about the value it is at.
extension JSONReader {
    /// The path of the value being read.
    package var pathText: String {
        (element < 0 ? path : path.appending(.index(element))).description
    }

    /// The key of the member being read, in the innermost object.
    package var currentKey: String? {
        for case .field(let name) in path.steps.reversed() { return name }
        return nil
    }

    package func unknownField(known: [String]) -> JSONError {
        .unknownField(path: pathText, known: known)
    }

    /// For the object whose keys have been read.
    package func missingField(_ name: String) -> JSONError {
        .missingField(path: path.appending(.field(name)).description)
    }

    package func invalid(expected: String, got: String) -> JSONError {
        .invalidValue(path: pathText, expected: expected, got: got)
    }

    func unexpected(_ expected: String) -> JSONError {
        guard offset < bytes.count else { return .unexpectedEnd(path: pathText, offset: offset) }
        let byte = bytes[offset]
        let got =
            (0x21...0x7E).contains(byte)
            ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        return .unexpectedByte(path: pathText, offset: offset, expected: expected, got: got)
    }
}

extension JSONReader {
    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ kind: Kind, _ expected: String) throws {
        let got = try peek()
        guard got == kind else { throw JSONError.wrongType(path: pathText, expected: expected, got: got.rawValue) }
    }

    mutating func expectWord(_ word: StaticString) throws {
        for at in 0..<word.utf8CodeUnitCount {
            guard offset < bytes.count, bytes[offset] == word.utf8Start[at] else { throw unexpected("\(word)") }
            offset += 1
        }
    }

    mutating func descend() throws {
        depth += 1
        guard depth <= maxDepth else { throw JSONError.tooDeep(path: pathText, limit: maxDepth) }
    }

    mutating func ascend<Value>(_ value: Value) -> Value {
        depth -= 1
        return value
    }
}
