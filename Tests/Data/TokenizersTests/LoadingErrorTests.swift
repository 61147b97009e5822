import Foundation
import JSONValues
import TestSupport
import Testing
import Tokenizers

@Suite struct LoadingErrorTests {
    private func error(_ tokenizer: SmallTokenizer) -> TokenizerError? {
        #expect(throws: TokenizerError.self) { try tokenizer.make() }
    }

    @Test func theSmallTokenizerItselfLoads() throws {
        let encoding = try SmallTokenizer().make().encode("abcdx", addSpecialTokens: true)
        #expect(encoding.ids == [8, 0])
        #expect(encoding.offsets == [0..<4, 4..<5])
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("nul", 3), ("{\"a\": 01}", 7), ("{\"a\": 1,}", 8), ("[1, 2", 5), ("{} x", 3),
        ("{\"\\ud800\": 1}", 2), ("{\"a\": \"\\x\"}", 7), ("\"\u{1}\"", 1), ("PK\u{3}\u{4}", 0),
    ])
    func namesTheByteWhereItIsNotJSON(text: String, offset: Int) {
        let error = #expect(throws: TokenizerError.self) {
            try Tokenizer(json: Array(text.utf8), source: "x.json")
        }
        guard case .notJSON(let source, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(source == "x.json")
        #expect(reason.offset == offset)
    }

    @Test func refusesAFileThatIsNotUTF8() {
        for bytes in [[0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0x5B, 0x22, 0xFF, 0x22, 0x5D]] as [[UInt8]] {
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(json: bytes, source: "x") }
            guard case .notJSON("x", .invalidUTF8(_, offset: 2)) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func refusesAMissingFile() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: TokenizerError.self) {
            try Tokenizer(contentsOf: directory.file("tokenizer.json"))
        }
        #expect(error?.description.contains(directory.file("tokenizer.json")) == true)
    }

    @Test func namesAnUnknownStage() {
        for (part, expected) in [
            (SmallTokenizer(normalizer: #"{"type": "BertNormalizer"}"#), ("normalizer", "BertNormalizer")),
            (
                SmallTokenizer(normalizer: #"{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Nmt"}]}"#),
                ("normalizer.normalizers[1]", "Nmt")
            ),
            (SmallTokenizer(preTokenizer: #"{"type": "UnicodeScripts"}"#), ("pre_tokenizer", "UnicodeScripts")),
            (SmallTokenizer(postProcessor: #"{"type": "BertProcessing"}"#), ("post_processor", "BertProcessing")),
            (SmallTokenizer(decoder: #"{"type": "CTC"}"#), ("decoder", "CTC")),
            (SmallTokenizer(modelOptions: #""type": "Unigram""#), ("model", "Unigram")),
        ] {
            #expect(
                error(part) == .unsupportedStage(source: "small.json", field: expected.0, type: expected.1))
        }
    }

    @Test func namesAnUnknownField() {
        for (part, field) in [
            (SmallTokenizer(normalizer: #"{"type": "NFC", "form": 1}"#), "normalizer.form"),
            (SmallTokenizer(modelOptions: #""type": "BPE", "max_len": 3"#), "model.max_len"),
            (SmallTokenizer(extra: #""chat": 1,"#), "chat"),
            (
                SmallTokenizer(addedTokens: "[\(SmallTokenizer.added("x", id: 10).replacing("rstrip", with: "r"))]"),
                "added_tokens[0].r"
            ),
        ] {
            #expect(error(part) == .unknownField(source: "small.json", field: field))
        }
    }

    @Test(arguments: [
        #"(?<name>a)"#, #"[a&&b]"#, #"[[a]b]"#, #"\p{Emoji}"#, #"\p{InGreek}"#, #"a(?i)b"#, #"(a"#, #"a)"#, #"[a"#,
        #"a**"#, #"\1"#, #"\bx"#, #"\xff"#, #"a{2}?"#, #"\p"#, #"*a"#, #"[z-a]"#, #"(?#c)"#, #"\K"#, #"[[:alpha:]]"#,
        #"(?i:ss)"#, #"(?i)fi"#, #"(?i:eé)"#, #"\p{Mn}"#, #"(?i-:a)"#, #"[\s-x]"#,
    ])
    func refusesAPatternItCannotMatchExactly(regex: String) throws {
        let escaped = regex.replacing("\\", with: "\\\\")
        let part = SmallTokenizer(
            preTokenizer: """
                {"type": "Split", "pattern": {"Regex": "\(escaped)"}, "behavior": "Isolated", "invert": false}
                """)
        guard case .invalidPattern(_, let field, let pattern, _) = error(part) else {
            Issue.record("\(regex) was taken")
            return
        }
        #expect(field == "pre_tokenizer.pattern.Regex")
        #expect(pattern == regex)
    }

    @Test func refusesWhatWouldChangeIdsSilently() {
        for (part, field) in [
            (SmallTokenizer(modelOptions: #""type": "BPE", "dropout": 0.1"#), "model.dropout"),
            (SmallTokenizer(modelOptions: #""type": "BPE", "end_of_word_suffix": "</w>""#), "model.end_of_word_suffix"),
            (
                SmallTokenizer(modelOptions: #""type": "BPE", "continuing_subword_prefix": "@@""#),
                "model.continuing_subword_prefix"
            ),
            (
                SmallTokenizer(
                    preTokenizer: #"""
                        {"type": "Sequence", "pretokenizers": [
                            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
                            {"type": "Digits", "individual_digits": true}]}
                        """#), "pre_tokenizer.pretokenizers[1]"
            ),
            (SmallTokenizer(preTokenizer: #"{"type": "Metaspace", "replacement": "ab"}"#), "pre_tokenizer.replacement"),
        ] {
            guard case .unsupportedValue(_, let named, _, _) = error(part) else {
                Issue.record("\(field) was taken")
                continue
            }
            #expect(named == field)
        }
    }

    /// What was found is a second field, not a value of it.
    @Test func aFieldThatIsGivenTwiceIsSaidToBe() {
        for (part, field) in [
            (SmallTokenizer(extra: #""model": {},"#), "model"),
            (SmallTokenizer(extra: #""normalizer": null,"#), "normalizer"),
            (SmallTokenizer(modelOptions: #""type": "BPE", "type": "BPE""#), "model.type"),
        ] {
            let error = error(part)
            #expect(error == .repeatedField(source: "small.json", field: field))
            #expect(error?.description == "small.json: field \(field) is given twice; leave one of the two")
        }
        #expect(
            error(SmallTokenizer(modelOptions: #""type": "BPE", "dropout": 0.25"#))?.description.contains("= 0.25 ")
                == true)
    }

    /// Where each byte has a token nothing is unknown; the library, too, minds the name only where it needs it.
    @Test func anUnknownTokenThatNothingNeedsIsHarmless() throws {
        let bytes = ByteLevel.alphabet.enumerated().map { byte, character in
            (["\"", "\\"].contains(character) ? "\"\\\(character)\"" : "\"\(character)\"") + ": \(byte)"
        }.joined(separator: ", ")
        let level = #"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}"#
        func make(_ unknown: String, _ vocabulary: String) throws -> Tokenizer {
            try SmallTokenizer(
                preTokenizer: level, modelOptions: #""type": "BPE", "unk_token": \#(unknown)"#, vocabulary: vocabulary,
                merges: "[]"
            ).make()
        }
        let plain = try make("null", "{\(bytes)}")
        let named = try make(#""<unk>""#, "{\(bytes)}")
        #expect(try named.encode("é<unk>", addSpecialTokens: true) == plain.encode("é<unk>", addSpecialTokens: true))
        #expect(named.fingerprint == plain.fingerprint)
        #expect(throws: TokenizerError.self) { try make(#""<unk>""#, #"{"a": 0, "b": 1}"#) }
    }

    @Test func anAddedTokenThatIsListedTwiceAlikeCountsOnce() throws {
        let token = SmallTokenizer.added("x", id: 10, "special")
        let twice = try SmallTokenizer(addedTokens: "[\(token), \(SmallTokenizer.added("y", id: 11)), \(token)]").make()
        #expect(twice.addedTokens.map(\.content) == ["x", "y"])
        for other in [SmallTokenizer.added("x", id: 10), SmallTokenizer.added("x", id: 11, "special")] {
            guard case .invalidVocabulary = error(SmallTokenizer(addedTokens: "[\(token), \(other)]")) else {
                Issue.record("taken: \(other)")
                continue
            }
        }
    }

    @Test func refusesABrokenVocabulary() {
        for part in [
            SmallTokenizer(vocabulary: #"{"<unk>": 0, "a": 1, "b": 1}"#),
            SmallTokenizer(vocabulary: #"{"<unk>": 0, "a": 1, "a": 2}"#),
            SmallTokenizer(merges: #"["a x"]"#),
            SmallTokenizer(merges: #"["b a"]"#),
            SmallTokenizer(modelOptions: #""type": "BPE", "unk_token": "<none>""#),
            SmallTokenizer(addedTokens: "[\(SmallTokenizer.added("x", id: 12))]"),
            SmallTokenizer(addedTokens: "[\(SmallTokenizer.added("a", id: 10))]"),
        ] {
            guard case .invalidVocabulary = error(part) else {
                Issue.record("taken: \(part)")
                continue
            }
        }
        for part in [
            SmallTokenizer(vocabulary: #"{"a": -1}"#), SmallTokenizer(vocabulary: #"{"a": 1.5}"#),
            SmallTokenizer(merges: #"["a b c"]"#), SmallTokenizer(merges: #"[["a"]]"#), SmallTokenizer(merges: "[1]"),
        ] {
            guard case .wrongType = error(part) else {
                Issue.record("taken: \(part)")
                continue
            }
        }
    }
}
