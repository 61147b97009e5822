import Foundation
import Tokenizers

/// A byte-level BPE tokenizer without merges: one token a byte (id = its place in the byte alphabet), `<s>` 256, `</s>` 257.
enum ByteTokenizer {
    static let start: Int32 = 256
    static let end: Int32 = 257

    /// The 256 characters that stand for bytes, by byte, as GPT-2 chose them.
    static let alphabet: [Character] = {
        let printable = Set(33...126).union(161...172).union(174...255)
        var next: UInt32 = 256
        return (0..<256).map { byte in
            if printable.contains(byte) { return Character(Unicode.Scalar(UInt8(byte))) }
            defer { next += 1 }
            return Character(Unicode.Scalar(next)!)
        }
    }()

    /// With `addsStart` the post-processor puts `<s>` before each text.
    static func make(addsStart: Bool = false) throws -> Tokenizer {
        try Tokenizer(json: Array(json(addsStart: addsStart)), source: "byte tokenizer")
    }

    /// Its tokenizer.json.
    static func json(addsStart: Bool = false) throws -> Data {
        var vocabulary: [String: Int] = [:]
        for (byte, character) in alphabet.enumerated() { vocabulary[String(character)] = byte }
        func added(_ id: Int32, _ content: String) -> [String: Any] {
            [
                "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            ]
        }
        var json: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
            "added_tokens": [added(start, "<s>"), added(end, "</s>")],
            "pre_tokenizer": [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false,
            ],
            "post_processor": NSNull(),
            "decoder": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false],
            "model": [
                "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
                "end_of_word_suffix": NSNull(), "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": vocabulary, "merges": [String](),
            ],
        ]
        if addsStart {
            json["post_processor"] = [
                "type": "TemplateProcessing",
                "single": [
                    ["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
                ],
                "pair": [
                    ["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 1]],
                ],
                "special_tokens": ["<s>": ["id": "<s>", "ids": [start], "tokens": ["<s>"]]],
            ]
        }
        return try JSONSerialization.data(withJSONObject: json)
    }

    /// With one merge, of two bytes; its token is 258. A post-processor says whether spans leave out blanks.
    static func make(joining first: UInt8, _ second: UInt8, trimsOffsets: Bool) throws -> Tokenizer {
        let (left, right) = (String(alphabet[Int(first)]), String(alphabet[Int(second)]))
        guard var root = try JSONSerialization.jsonObject(with: json()) as? [String: Any],
            var model = root["model"] as? [String: Any], var vocabulary = model["vocab"] as? [String: Any]
        else { preconditionFailure("the object that json() makes") }
        // Added tokens that the model does not have would be numbered behind the merge.
        (vocabulary["<s>"], vocabulary["</s>"], vocabulary[left + right]) = (Int(start), Int(end), 258)
        model["vocab"] = vocabulary
        model["merges"] = [left + " " + right]
        root["model"] = model
        root["post_processor"] = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": trimsOffsets, "use_regex": false,
        ]
        return try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: root)), source: "byte tokenizer")
    }
}
