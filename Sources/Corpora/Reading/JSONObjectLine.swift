/// Reads the wanted string fields of one JSON object, and checks the syntax of all the rest. Strict (RFC 8259): a raw control
/// character, a lone surrogate, a repeated field or anything after the object is an error. UTF-8 is passed on unchecked: the
/// tokenizer checks it.
struct JSONObjectLine {
    struct Failure: Error, Equatable {
        var reason: String
        /// Offset in the line, from 1.
        var column: Int
    }

    /// A wanted field's value.
    enum Value: Equatable {
        case string([UInt8])
        /// Any other kind, by its JSON name.
        case other(String)
    }

    static let maxDepth = 200

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    static func fields(_ names: Set<String>, of line: ArraySlice<UInt8>) throws(Failure) -> [String: Value] {
        try line.withUnsafeBufferPointer { (bytes) throws(Failure) in
            var reader = JSONObjectLine(bytes: bytes)
            return try reader.object(names)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func object(_ names: Set<String>) throws(Failure) -> [String: Value] {
        var found: [String: Value] = [:]
        skipSpace()
        try expect("{", "a JSON object")
        skipSpace()
        if take("}") {
            try expectEnd()
            return found
        }
        repeat {
            skipSpace()
            let name = String(decoding: try string(), as: UTF8.self)
            skipSpace()
            try expect(":", "':' after the field name")
            skipSpace()
            guard names.contains(name) else {
                _ = try skipValue(depth: 1)
                skipSpace()
                continue
            }
            guard found[name] == nil else { throw failure("the field \"\(name)\" is given twice") }
            found[name] = peek == UInt8(ascii: "\"") ? .string(try string()) : .other(try skipValue(depth: 1))
            skipSpace()
        } while take(",")
        try expect("}", "',' or '}'")
        try expectEnd()
        return found
    }

    private mutating func expectEnd() throws(Failure) {
        skipSpace()
        guard position == bytes.count else { throw failure("expected the end of the line after the object") }
    }

    /// Returns the JSON name of the kind that was skipped.
    private mutating func skipValue(depth: Int) throws(Failure) -> String {
        guard depth < Self.maxDepth else { throw failure("nested deeper than \(Self.maxDepth)") }
        switch peek {
        case UInt8(ascii: "\""):
            _ = try string()
            return "string"
        case UInt8(ascii: "{"):
            try skipMembers(close: "}", named: true, depth: depth)
            return "object"
        case UInt8(ascii: "["):
            try skipMembers(close: "]", named: false, depth: depth)
            return "array"
        case UInt8(ascii: "t"): return try word("true", kind: "boolean")
        case UInt8(ascii: "f"): return try word("false", kind: "boolean")
        case UInt8(ascii: "n"): return try word("null", kind: "null")
        default:
            try skipNumber()
            return "number"
        }
    }

    private mutating func skipMembers(close: Unicode.Scalar, named: Bool, depth: Int) throws(Failure) {
        position += 1
        skipSpace()
        if take(close) { return }
        repeat {
            skipSpace()
            if named {
                _ = try string()
                skipSpace()
                try expect(":", "':' after the field name")
                skipSpace()
            }
            _ = try skipValue(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect(close, "',' or '\(close)'")
    }

    private mutating func word(_ word: StaticString, kind: String) throws(Failure) -> String {
        let matches = word.withUTF8Buffer { expected in
            position + expected.count <= bytes.count
                && bytes[position..<position + expected.count].elementsEqual(expected)
        }
        guard matches else { throw failure("expected a JSON value") }
        position += word.utf8CodeUnitCount
        return kind
    }

    private mutating func skipNumber() throws(Failure) {
        _ = take("-")
        if !take("0") { try skipDigits() }
        if take(".") { try skipDigits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(Failure) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure("expected a JSON value") }
    }

    // MARK: Characters

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ scalar: Unicode.Scalar, _ what: String) throws(Failure) {
        guard take(scalar) else { throw failure("expected \(what)") }
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { position += 1 }
    }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, column: position + 1) }

    // MARK: Strings

    private mutating func string() throws(Failure) -> [UInt8] {
        try expect("\"", "a string")
        var text: [UInt8] = []
        while true {
            let run = bytes[position...].firstIndex { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 } ?? bytes.count
            text.append(contentsOf: bytes[position..<run])
            position = run
            guard let byte = peek else { throw failure("the line ends inside a string") }
            guard byte >= 0x20 else { throw failure("control character \(byte) inside a string") }
            position += 1
            if byte == 0x22 { return text }
            try escape(into: &text)
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = peek else { throw failure("the line ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: UTF8.encode(try escapedScalar())!)
        default: throw failure("unknown escape in a string")
        }
    }

    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let unit = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xD800..<0xDC00).contains(unit), take("\\"), take("u") else {
            throw failure("lone surrogate in a string")
        }
        let low = try hexadecimalUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("lone surrogate in a string") }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))!
    }

    private mutating func hexadecimalUnit() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("the line ends inside an escape") }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("expected 4 hex digits")
            }
            unit = unit << 4 | UInt32(digit)
        }
        position += 4
        return unit
    }
}
