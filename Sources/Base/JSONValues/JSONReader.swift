/// A strict pull reader over the borrowed bytes of one JSON text (RFC 8259): the caller asks for what it expects and gets it or
/// a `JSONError` that names the place. Nothing is looked at twice, so time is linear in the bytes whatever they say, and nothing is kept
/// but what the caller keeps.
///
/// Stricter than the RFC asks: half a surrogate pair, more than `maxDepth` levels and numbers of more than `maxNumberBytes` characters are
/// errors; so are a key given twice and bytes that are not UTF-8, unless the caller asks otherwise. A byte-order mark is not skipped.
///
///     let ids = try JSONReader.read(body) { reader in
///         var ids: [Int32] = []
///         try reader.object { reader, key in
///             switch key {
///             case "token_ids": ids = try reader.int32s()
///             default: throw reader.unknownField(known: ["token_ids"])
///             }
///         }
///         return ids
///     }
///
/// The one grammar of the project: requests, configurations, tokenizer.json and corpora are read by it.
package struct JSONReader: ~Copyable {
    /// What is read by calls within calls, here or by the caller, is no deeper.
    package static let maxDepth = 200
    /// The longest exact decimal of a double has 1,077 characters.
    package static let maxNumberBytes = 1100

    let bytes: UnsafeBufferPointer<UInt8>
    var offset = 0
    var path = JSONPath()
    var element = -1  // the index within an array of plain numbers, which has no step in `path`
    var depth = 0
    let checksUTF8: Bool

    private init(_ bytes: UnsafeBufferPointer<UInt8>, checksUTF8: Bool) {
        self.bytes = bytes
        self.checksUTF8 = checksUTF8
    }

    /// Reads the one value that `bytes` hold; nothing but white space may come after it.
    ///
    /// - Parameter checksUTF8: false where whoever takes the strings checks them: `appendString` and what is skipped go unchecked then.
    @discardableResult
    package static func read<Result>(
        _ bytes: some Sequence<UInt8>, checksUTF8: Bool = true, _ body: (inout JSONReader) throws -> Result
    ) throws -> Result {
        let result = try bytes.withContiguousStorageIfAvailable { try read($0, checksUTF8, body) }
        return try result ?? Array(bytes).withUnsafeBufferPointer { try read($0, checksUTF8, body) }
    }

    private static func read<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ checksUTF8: Bool, _ body: (inout JSONReader) throws -> Result
    ) throws -> Result {
        var reader = JSONReader(bytes, checksUTF8: checksUTF8)
        let result = try body(&reader)
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw JSONError.trailingBytes(offset: reader.offset) }
        return result
    }

    /// What a value is.
    package enum Kind: String, Sendable {
        case null, boolean, number, string, array, object
    }

    /// The kind of the next value, by its first byte or its word; white space before it is consumed, the value is not.
    ///
    /// - Throws: `JSONError` where no value begins: the text ends, another byte stands there, or a word that is not null, true or false.
    package mutating func peek() throws -> Kind {
        skipSpace()
        guard offset < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: offset) }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"): return try whole("true", .boolean)
        case UInt8(ascii: "f"): return try whole("false", .boolean)
        case UInt8(ascii: "n"): return try whole("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw unexpected("a JSON value")
        }
    }

    /// Consumes a null if that is what comes next, and returns whether it was.
    package mutating func takeNull() throws -> Bool {
        guard try peek() == .null else { return false }
        try expectWord("null")
        return true
    }

    /// Reads true or false.
    package mutating func bool() throws -> Bool {
        try expect(.boolean, "true or false")
        if bytes[offset] == UInt8(ascii: "t") {
            try expectWord("true")
            return true
        }
        try expectWord("false")
        return false
    }
}

extension JSONReader {
    @inline(__always)
    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    @inline(__always)
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

    /// A kind whose first byte begins any word: prose that begins as null does is no value of the wrong kind, it is no JSON.
    private mutating func whole(_ word: StaticString, _ kind: Kind) throws -> Kind {
        let start = offset
        try expectWord(word)
        if offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                throw unexpected("the end of \(word)")
            default: break
            }
        }
        offset = start
        return kind
    }
}
