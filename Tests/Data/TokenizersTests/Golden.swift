import Foundation
import Tokenizers

/// What the `tokenizers` library made of a text; see scripts/goldens/tokenizer_goldens.py.
struct Golden {
    var ids: [Int32] = []
    var offsets: [Range<Int>] = []
    /// Tokens that special tokens put at the start and at the end.
    var added = (start: 0, end: 0)
    var decoded = ""
    var decodedWithoutSpecials = ""

    static let families = [
        "gpt2", "roberta_like", "llama3", "qwen2", "tekken", "olmo", "smollm", "youtu", "mistral", "mistral_metaspace",
        "gemma", "medley",
    ]

    private static var directory: URL { Bundle.module.resourceURL!.appendingPathComponent("Goldens") }

    static func path(_ family: String) -> String {
        directory.appendingPathComponent(family + ".json").path
    }

    static func texts() throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(contentsOf: directory.appendingPathComponent("texts.json")))
    }

    static func load(_ family: String) throws -> [(text: String, golden: Golden)] {
        var reader = Reader(
            bytes: Array(try Data(contentsOf: directory.appendingPathComponent(family + ".golden"))))
        return try texts().map { ($0, reader.next(text: $0)) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        mutating func unsigned() -> Int {
            var value = 0
            var shift = 0
            while true {
                let byte = bytes[at]
                at += 1
                value |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { return value }
            }
        }

        mutating func signed() -> Int {
            let value = unsigned()
            return value & 1 == 0 ? value >> 1 : -((value + 1) >> 1)
        }

        mutating func string(_ text: String) -> String {
            let count = unsigned()
            guard count > 0 else { return text }
            at += count - 1
            return String(decoding: bytes[at - count + 1..<at], as: UTF8.self)
        }

        mutating func next(text: String) -> Golden {
            var golden = Golden()
            let count = unsigned()
            golden.ids = (0..<count).map { _ in Int32(unsigned()) }
            var end = 0
            for _ in 0..<count {
                let start = end + signed()
                end = start + signed()
                golden.offsets.append(start..<end)
            }
            golden.added = (unsigned(), unsigned())
            golden.decoded = string(text)
            golden.decodedWithoutSpecials = string(text)
            return golden
        }
    }
}
