import JSONValues

/// A parsed JSON text made for tokenizer.json: half a million short strings, all kept as ranges of one array of bytes.
/// (Swift's String is no key for a vocabulary: it compares by canonical equivalence, so two tokens would become one.)
struct JSONDocument: Sendable {
    /// A string: its unescaped UTF-8 is `strings[start ..< start + count]`.
    struct Text: Hashable, Sendable {
        var start: UInt32
        var count: UInt32
    }

    enum Node: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(Text)
        case array([Node])
        case object([Member])

        var kind: String {
            switch self {
            case .null: "null"
            case .bool: "a boolean"
            case .integer: "an integer"
            case .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        }
    }

    struct Member: Sendable {
        var key: Text
        var value: Node
    }

    private(set) var strings: [UInt8] = []
    private(set) var root = Node.null

    /// - Throws: `TokenizerError.notJSON` with the byte where reading stopped.
    init(parsing bytes: [UInt8], source: String) throws {
        guard bytes.count < Int(UInt32.max) else {
            throw TokenizerError.unreadable(path: source, reason: "the file is over 4 GiB")
        }
        strings.reserveCapacity(bytes.count)
        do {
            root = try JSONReader.read(bytes) { try node(&$0) }
        } catch let error as JSONError {
            throw TokenizerError.notJSON(source: source, error)
        }
    }

    func bytes(_ text: Text) -> ArraySlice<UInt8> {
        strings[Int(text.start)..<Int(text.start + text.count)]
    }

    func string(_ text: Text) -> String {
        String(decoding: bytes(text), as: UTF8.self)
    }

    /// Keys may come twice: what reads an object says so with its path (`JSONFields`).
    private mutating func node(_ reader: inout JSONReader) throws -> Node {
        switch try reader.peek() {
        case .string: return .string(try text { try reader.appendString(to: &$0) })
        case .array:
            var elements: [Node] = []
            try reader.array { reader, _ in elements.append(try node(&reader)) }
            return .array(elements)
        case .object:
            var members: [Member] = []
            try reader.members { reader, key in
                let key = try text { try reader.append(key, to: &$0) }
                members.append(Member(key: key, value: try node(&reader)))
            }
            return .object(members)
        case .null, .boolean, .number: return Node(try reader.value())
        }
    }

    private mutating func text(_ append: (inout [UInt8]) throws -> Void) rethrows -> Text {
        let start = strings.count
        try append(&strings)
        return Text(start: UInt32(start), count: UInt32(strings.count - start))
    }
}

extension JSONDocument.Node {
    /// Of a value without parts.
    fileprivate init(_ value: JSONValue) {
        self =
            switch value {
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .number(let value): .number(value)
            case .null, .string, .array, .object: .null
            }
    }
}
