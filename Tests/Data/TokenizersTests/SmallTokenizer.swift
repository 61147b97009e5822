import Foundation
import Tokenizers

/// A tokenizer.json over the letters a to d, written part by part, so that a test can spoil one of them.
struct SmallTokenizer {
    var normalizer = "null"
    var preTokenizer = "null"
    var postProcessor = "null"
    var decoder = "null"
    var addedTokens = "[]"
    var extra = ""
    var modelOptions = #""type": "BPE", "unk_token": "<unk>""#
    var vocabulary = #"{"<unk>": 0, "a": 1, "b": 2, "c": 3, "d": 4, " ": 5, "ab": 6, "cd": 7, "abcd": 8, "▁": 9}"#
    var merges = #"["a b", "c d", "ab cd"]"#

    var json: String {
        """
        {"version": "1.0", \(extra) "added_tokens": \(addedTokens), "normalizer": \(normalizer),
         "pre_tokenizer": \(preTokenizer), "post_processor": \(postProcessor), "decoder": \(decoder),
         "model": {\(modelOptions), "vocab": \(vocabulary), "merges": \(merges)}}
        """
    }

    func make() throws -> Tokenizer {
        try Tokenizer(json: Array(json.utf8), source: "small.json")
    }

    static func added(_ content: String, id: Int, _ options: String...) -> String {
        let flags = ["single_word", "lstrip", "rstrip", "normalized", "special"]
        let fields = flags.map { #""\#($0)": \#(options.contains($0))"# }.joined(separator: ", ")
        return #"{"id": \#(id), "content": "\#(content)", \#(fields)}"#
    }
}

/// The 256 characters in which ByteLevel vocabularies are written, by byte, as GPT-2 chose them.
enum ByteLevel {
    static let alphabet: [Character] = {
        let printable = Set(33...126).union(161...172).union(174...255)
        var next: UInt32 = 256
        return (0..<256).map { byte in
            if printable.contains(byte) { return Character(Unicode.Scalar(UInt8(byte))) }
            defer { next += 1 }
            return Character(Unicode.Scalar(next)!)
        }
    }()
}
