import Foundation
import Testing
import Tokenizers

@Suite struct PatternTests {
    private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"#

    /// The same file with its pattern in one more group: the same splits, but no longer a pattern known by heart.
    private func withUnknownPattern(_ family: String) throws -> Tokenizer {
        var json = try String(contentsOfFile: Golden.path(family), encoding: .utf8)
        let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#
        let split = #"{"type":"Split","pattern":{"Regex":"%"},"behavior":"Isolated","invert":false}"#
            .replacing("%", with: Self.gpt2)
        json.replace(
            #""pre_tokenizer":\#(byteLevel)"#,
            with: #""pre_tokenizer":{"type":"Sequence","pretokenizers":[\#(split),"#
                + byteLevel.replacing(#""use_regex":true"#, with: #""use_regex":false"#) + "]}")
        let start = try #require(json.range(of: #""Regex":""#)?.upperBound)
        let end = try #require(json[start...].range(of: #""},"behavior""#)?.lowerBound)
        json.insert(contentsOf: ")", at: end)
        json.insert(contentsOf: "(?:", at: start)
        return try Tokenizer(json: Array(json.utf8), source: family)
    }

    @Test(arguments: ["gpt2", "llama3", "qwen2", "tekken"])
    func knownPatternsSplitAsTheMatcherDoes(family: String) throws {
        let known = try Tokenizer(contentsOf: Golden.path(family))
        let unknown = try withUnknownPattern(family)
        #expect(known.fingerprint != unknown.fingerprint)
        let alphabet = Array("aZ09 \n\r\t\u{B}'sSmrRevlLtd.,!/_-é\u{A0}\u{3000}ſǅ٣漢\u{301}".unicodeScalars)
        var state: UInt64 = 7
        for length in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<1 + length % 24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let string = String(text)
            let expected = try unknown.encode(string, addSpecialTokens: false)
            #expect(try known.encode(string, addSpecialTokens: false) == expected, "\(string.debugDescription)")
        }
    }

    /// What Oniguruma matches; PCRE2 alone would not.
    @Test(arguments: [
        (#"\\s"#, "a\u{180E}b\u{85}c", ["a\u{180E}b", "\u{85}", "c"]),
        (#"\\h"#, "xfgb", ["x", "f", "g", "b"]),
        (#"\\w+"#, "a½_²-b", ["a½_²", "-", "b"]),
        (#"[\\w]+"#, "a½_²-b", ["a", "½", "_", "²-", "b"]),
        (#"\\n-x"#, "a\n-xb", ["a", "\n-x", "b"]),
        (#"[\\s-]+"#, "a- b", ["a", "- ", "b"]),
        (#"[^\\S\\n]+"#, "a \n b", ["a", " ", "\n", " ", "b"]),
        (#"[\\S]+"#, "ab c", ["ab", " ", "c"]),
        (#"[\\P{L}x]+"#, "abx1c", ["ab", "x1", "c"]),
        (#"^a"#, "a\naa", ["a", "\n", "a", "a"]),
        (#"a$"#, "aa\na", ["a", "a", "\n", "a"]),
        (#"\\d{2}+"#, "12345", ["1234", "5"]),
        (#"a{,2}"#, "aaab", ["aa", "a", "b"]),
        (#"(?m:a.b)"#, "a\nb", ["a\nb"]),
        (#"(?i:'s)"#, "x'ſ'S", ["x", "'ſ", "'S"]),
        (#"\\p{L}+"#, "\u{1C89}\u{323AF} ", ["\u{1C89}\u{323AF}", " "]),
        (#"[\\u4e00-\\u9fff]+"#, "a漢字b", ["a", "漢字", "b"]),
        (#"\\x{e9}|\\x41"#, "éAB", ["é", "A", "B"]),
        (#"(?<=a)b"#, "abb", ["a", "b", "b"]),
        (#"[]a]+"#, "]a[", ["]a", "["]),
        (#"\\p{^L}+"#, "a12b", ["a", "12", "b"]),
    ])
    func matchesAsOnigurumaDoes(regex: String, text: String, pieces: [String]) throws {
        let split = #"{"type": "Split", "pattern": {"Regex": "\#(regex)"}, "behavior": "Isolated", "invert": false}"#
        // All characters are unknown, and fuse within a piece: one token each.
        let tokenizer = try SmallTokenizer(
            preTokenizer: split, modelOptions: #""type": "BPE", "unk_token": "<unk>", "fuse_unk": true"#,
            vocabulary: #"{"<unk>": 0}"#, merges: "[]"
        ).make()
        let utf8 = Array(text.utf8)
        let got = try tokenizer.encode(text, addSpecialTokens: false).offsets.map {
            String(decoding: utf8[$0], as: UTF8.self)
        }
        #expect(got == pieces)
    }
}
