import Bytes
import JSONValues

/// One step of the `decoder` of a tokenizer.json: from a list of token texts to another. A sequence is flattened.
enum DecoderStage: Sendable {
    case byteLevel
    case byteFallback
    case fuse
    case replace(LiteralOrPattern, with: [UInt8])
    /// Removes up to `start` and `stop` times `content` at both ends of each token.
    case strip(content: UInt32, start: Int, stop: Int)
    case metaspace(mark: UInt32, dropsFirst: Bool)

    static func parse(_ fields: JSONFields?) throws -> [DecoderStage] {
        guard let fields else { return [] }
        let type = try fields.string("type")
        func known(_ names: Set<String>) throws { try fields.rejectUnknown(known: names.union(["type"])) }
        switch type {
        case "Sequence":
            try known(["decoders"])
            return try fields.objects("decoders").flatMap { try parse($0) }
        case "ByteLevel":
            try known(["add_prefix_space", "trim_offsets", "use_regex"])
            return [.byteLevel]
        case "ByteFallback":
            try known([])
            return [.byteFallback]
        case "Fuse":
            try known([])
            return [.fuse]
        case "Replace":
            try known(["pattern", "content"])
            return [.replace(try LiteralOrPattern(fields, "pattern"), with: try fields.bytes("content"))]
        case "Strip":
            try known(["content", "start", "stop"])
            let content = try fields.scalar("content").value
            return [.strip(content: content, start: try fields.count("start"), stop: try fields.count("stop"))]
        case "Metaspace":
            try known(["replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
            let drops = try PreTokenizerStage.metaspacePrefix(fields) != .never
            return [.metaspace(mark: try fields.scalar("replacement").value, dropsFirst: drops)]
        default:
            throw fields.unsupportedStage(type)
        }
    }

    func apply(_ tokens: [[UInt8]], _ scratch: PatternScratch) throws -> [[UInt8]] {
        switch self {
        case .byteLevel: [Self.decodeByteLevel(tokens)]
        case .byteFallback: Self.decodeByteFallback(tokens)
        case .fuse: [Array(tokens.joined())]
        case .replace(let pattern, let content): try tokens.map { try Self.replace(pattern, content, $0, scratch) }
        case .strip(let content, let start, let stop): tokens.map { Self.strip($0, content, start, stop) }
        case .metaspace(let mark, let dropsFirst):
            tokens.enumerated().map { at, token in Self.decodeMarks(token, mark, drops: at == 0 && dropsFirst) }
        }
    }

    /// A token with a character that is not of the alphabet stands for itself. What is not UTF-8 in the end becomes
    /// U+FFFD.
    private static func decodeByteLevel(_ tokens: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for token in tokens { bytes += ByteLevelAlphabet.decode(token[...]) ?? token }
        return Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// A run of byte tokens becomes its text; if it is not UTF-8, one U+FFFD for each of its bytes.
    private static func decodeByteFallback(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var output: [[UInt8]] = []
        var run: [UInt8] = []
        func flush() {
            guard !run.isEmpty else { return }
            if UTF8Validation.firstInvalidOffset(run) == nil {
                output.append(run)
            } else {
                output += Array(repeating: [0xEF, 0xBF, 0xBD], count: run.count)
            }
            run.removeAll()
        }
        for token in tokens {
            if let byte = byteOfFallbackToken(token) {
                run.append(byte)
            } else {
                flush()
                output.append(token)
            }
        }
        flush()
        return output
    }

    /// `<0x41>` to 0x41.
    private static func byteOfFallbackToken(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">"),
            let high = HexDigit.value(token[3]), let low = HexDigit.value(token[4])
        else { return nil }
        return high << 4 | low
    }

    private static func replace(
        _ pattern: LiteralOrPattern, _ content: [UInt8], _ token: [UInt8], _ scratch: PatternScratch
    ) throws -> [UInt8] {
        var output: [UInt8] = []
        var copied = 0
        try token.withUnsafeBufferPointer { bytes in
            try pattern.forEachMatch(in: bytes, scratch) { start, end in
                output += bytes[copied..<start]
                output += content
                copied = end
            }
        }
        return output + token[copied...]
    }

    private static func strip(_ token: [UInt8], _ content: UInt32, _ start: Int, _ stop: Int) -> [UInt8] {
        var scalars = Array(String(decoding: token, as: UTF8.self).unicodeScalars)[...]
        for _ in 0..<start where scalars.first?.value == content { scalars.removeFirst() }
        for _ in 0..<stop where scalars.last?.value == content { scalars.removeLast() }
        return Array(String(String.UnicodeScalarView(scalars)).utf8)
    }

    private static func decodeMarks(_ token: [UInt8], _ mark: UInt32, drops: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var at = 0
        while at < token.count {
            let start = at
            if UTF8Scalar.decode(token, &at) == mark {
                if !drops { output.append(0x20) }
            } else {
                output += token[start..<at]
            }
        }
        return output
    }
}
