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

    private(set) var strings: [UInt8]
    private(set) var root: Node

    /// - Throws: `TokenizerError.notJSON` with the byte where reading stopped.
    init(parsing bytes: [UInt8], source: String) throws {
        guard bytes.count < Int(UInt32.max) else {
            throw TokenizerError.notJSON(source: source, offset: bytes.count, reason: "the file is over 4 GiB")
        }
        var parser = JSONParser(bytes: bytes, source: source)
        root = try parser.parseDocument()
        strings = parser.strings
    }

    func bytes(_ text: Text) -> ArraySlice<UInt8> {
        strings[Int(text.start)..<Int(text.start + text.count)]
    }

    func string(_ text: Text) -> String {
        String(decoding: bytes(text), as: UTF8.self)
    }
}
