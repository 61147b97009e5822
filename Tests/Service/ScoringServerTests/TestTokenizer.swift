import JSONValues
import Tokenizers

/// A byte-level BPE without merges: the id of a byte is its place in the alphabet, and 256 is a special token.
enum TestTokenizer {
    /// - Parameter trims: leave blanks out of the spans, as Llama 3 does.
    static func make(special: String = "<|end|>", addsSpecial: Bool = false, trims: Bool = false) throws -> Tokenizer {
        var vocabulary = JSONObject()
        for (id, character) in alphabet.enumerated() { vocabulary[key: character] = .integer(id) }
        let added: JSONObject = [
            "id": .integer(256), "content": .string(special), "single_word": .bool(false), "lstrip": .bool(false),
            "rstrip": .bool(false), "normalized": .bool(false), "special": .bool(true),
        ]
        let byteLevel: JSONObject = [
            "type": .string("ByteLevel"), "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
            "use_regex": .bool(true),
        ]
        let model: JSONObject = [
            "type": .string("BPE"), "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
            "end_of_word_suffix": .null, "fuse_unk": .bool(false), "byte_fallback": .bool(false),
            "vocab": .object(vocabulary), "merges": .array([]),
        ]
        let file: JSONObject = [
            "version": .string("1.0"), "truncation": .null, "padding": .null, "added_tokens": .array([.object(added)]),
            "normalizer": .null, "pre_tokenizer": .object(byteLevel),
            "post_processor": .object([
                "type": .string("Sequence"),
                "processors": .array(
                    (trims ? [.object(byteLevel)] : []) + (addsSpecial ? [.object(template(special))] : [])),
            ]), "decoder": .object(byteLevel),
            "model": .object(model),
        ]
        return try Tokenizer(json: JSONValue.object(file).compact, source: "test tokenizer")
    }

    /// The byte that each id of 0..<256 stands for.
    static let bytes: [UInt8] = printable + (0...255).filter { !printable.contains($0) }

    private static let printable = Array(UInt8(33)...126) + Array(161...172) + Array(174...255)

    private static var alphabet: [String] {
        bytes.enumerated().map { id, byte in
            String(Unicode.Scalar(id < printable.count ? UInt32(byte) : UInt32(256 + id - printable.count))!)
        }
    }

    /// Puts the special token in front.
    private static func template(_ special: String) -> JSONObject {
        let token: JSONValue = .object(["SpecialToken": .object(["id": .string(special), "type_id": .integer(0)])])
        func sequence(_ id: String) -> JSONValue {
            .object(["Sequence": .object(["id": .string(id), "type_id": .integer(0)])])
        }
        return [
            "type": .string("TemplateProcessing"), "single": .array([token, sequence("A")]),
            "pair": .array([token, sequence("A"), sequence("B")]),
            "special_tokens": .object([
                special: .object([
                    "id": .string(special), "ids": .array([.integer(256)]), "tokens": .array([.string(special)]),
                ])
            ]),
        ]
    }
}
