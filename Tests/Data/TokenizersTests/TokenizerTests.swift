import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct TokenizerTests {
    private static let byteLevel = #"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}"#

    @Test func givesNamesAndSizes() throws {
        let added = "[\(SmallTokenizer.added("<end>", id: 10, "special"))]"
        let tokenizer = try SmallTokenizer(addedTokens: added).make()
        #expect(tokenizer.id(ofToken: "ab") == 6)
        #expect(tokenizer.id(ofToken: "<end>") == 10)
        #expect(tokenizer.id(ofToken: "e") == nil)
        #expect(tokenizer.token(ofID: 8) == "abcd")
        #expect(tokenizer.token(ofID: 10) == "<end>")
        #expect(tokenizer.token(ofID: 11) == nil)
        #expect(tokenizer.vocabularySize == 11)
        #expect(tokenizer.baseVocabularySize == 10)
        #expect(tokenizer.addedTokens.map(\.isSpecial) == [true])
    }

    @Test func showsTokensAsTheirText() throws {
        let gpt2 = try Tokenizer(contentsOf: Golden.path("gpt2"))
        let encoding = try gpt2.encode(" the 😀", addSpecialTokens: false)
        let texts = try encoding.ids.map { try gpt2.tokenText($0) }
        #expect(texts.first == " the")
        let mistral = try Tokenizer(contentsOf: Golden.path("mistral"))
        let the = try #require(try mistral.encode("the", addSpecialTokens: false).ids.first)
        #expect(try mistral.tokenText(the) == " the")
        #expect(try mistral.decode([the], skipSpecialTokens: false) == "the")
        let half = try #require(mistral.id(ofToken: "<0xF0>"))
        #expect(try mistral.tokenText(half) == "\u{FFFD}")
        #expect(try mistral.tokenText(1) == "<s>")
    }

    /// A file that asks for truncation still gives every token.
    @Test func ignoresTruncationAndPadding() throws {
        let extra = #""truncation": {"max_length": 1}, "padding": {"strategy": "BatchLongest"},"#
        let tokenizer = try SmallTokenizer(extra: extra).make()
        #expect(try tokenizer.encode("abab", addSpecialTokens: true).ids == [6, 6])
    }

    @Test func dropsWhatHasNoTokenOnlyWhereTheFileNamesNoUnknown() throws {
        let named = try SmallTokenizer().make()
        #expect(try named.encode("axb", addSpecialTokens: false).ids == [1, 0, 2])
        let unnamed = try SmallTokenizer(modelOptions: #""type": "BPE""#).make()
        #expect(try unnamed.encode("axb", addSpecialTokens: false).ids == [6])
    }

    @Test func refusesDecodingOnlyOfUnknownIDs() throws {
        let tokenizer = try SmallTokenizer(decoder: #"{"type": "Fuse"}"#).make()
        #expect(try tokenizer.decode([6, 7], skipSpecialTokens: false) == "abcd")
        #expect(try tokenizer.decode([], skipSpecialTokens: false) == "")
    }

    /// Merge time grows with n log n: a megabyte of one word ends at once.
    @Test(arguments: ["gpt2", "llama3", "qwen2", "tekken", "smollm", "youtu", "mistral", "mistral_metaspace", "gemma"])
    func encodesAMegabyteWithoutASpace(family: String) throws {
        let tokenizer = try Tokenizer(contentsOf: Golden.path(family))
        var state: UInt64 = 1
        let letters = (0..<1_000_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(ascii: "a") + UInt8((state >> 33) % 26)
        }
        for text in [
            letters, Array(repeating: UInt8(ascii: "a"), count: 1_000_000),
            Array(repeating: UInt8(ascii: " "), count: 1_000_000),
            Array(repeating: UInt8(ascii: "7"), count: 1_000_000),
            Array(repeating: UInt8(ascii: "\n"), count: 1_000_000), Array(String(repeating: "é漢", count: 200_000).utf8),
        ] {
            let encoding = try tokenizer.encode(utf8: text, addSpecialTokens: false)
            // Llama 3 trims blanks off the spans.
            #expect(encoding.offsets.first?.lowerBound == 0 || family == "llama3")
            #expect(encoding.offsets.last?.upperBound == text.count)
            // A decoder that strips the blank in front strips one that the text had itself, too.
            let decoded = try tokenizer.decode(encoding.ids, skipSpecialTokens: false)
            #expect(decoded.utf8.count >= text.count - 1)
            #expect(text.suffix(decoded.utf8.count).elementsEqual(decoded.utf8))
        }
    }

    @Test func isSharedByManyThreads() async throws {
        let tokenizer = try Tokenizer(contentsOf: Golden.path("llama3"))
        let cases = try Golden.load("llama3")
        let differing = try await withThrowingTaskGroup(of: Int.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    try await onThread {
                        try (0..<3).reduce(0) { sum, _ in
                            try cases.indices.reduce(sum) { sum, at in
                                let (text, golden) = cases[(at * 7 + thread) % cases.count]
                                let encoding = try tokenizer.encode(text, addSpecialTokens: true)
                                return sum + (encoding.ids == golden.ids && encoding.offsets == golden.offsets ? 0 : 1)
                            }
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(differing == 0)
    }
}
