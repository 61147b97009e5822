import Testing
import Tokenizers

/// Added tokens that take white space along, and others that are white space themselves. The ids are those of tokenizers 0.23.3.
@Suite struct AddedTokenOverlapTests {
    private static let start = SmallTokenizer.added("<s>", id: 10, "rstrip")

    @Test(arguments: [
        ("<s>     a", [10, 1]), ("<s>  a", [10, 1]), ("a   b", [1, 11, 2]), ("a     b", [1, 11, 2]),
        ("<s>   <s>  a", [10, 10, 1]),
    ])
    func aTokenOfWhichNothingIsLeftIsLeftOut(text: String, ids: [Int32]) throws {
        let spaces = SmallTokenizer.added("  ", id: 11, "lstrip", "rstrip")
        let tokenizer = try SmallTokenizer(addedTokens: "[\(Self.start), \(spaces)]").make()
        #expect(try tokenizer.encode(text, addSpecialTokens: false).ids == ids)
    }

    @Test(arguments: [
        ("<s>     a", [10, 11, 11, 5, 1]), ("<s>  a", [10, 11, 1]), ("a   b", [1, 11, 5, 2]),
        ("<s>   <s>  a", [10, 11, 5, 10, 11, 1]),
    ])
    func aTokenThatStripsNothingIsFoundInsideTheOneBefore(text: String, ids: [Int32]) throws {
        let spaces = SmallTokenizer.added("  ", id: 11)
        let tokenizer = try SmallTokenizer(addedTokens: "[\(Self.start), \(spaces)]").make()
        #expect(try tokenizer.encode(text, addSpecialTokens: false).ids == ids)
    }

    /// The library panics ("AddedVocabulary bad split"); the server once did likewise.
    @Test(arguments: ["null", #"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}"#])
    func aTokenThatEndsWithinTheOneBeforeIsAnError(postProcessor: String) throws {
        let spaces = SmallTokenizer.added("  ", id: 11, "lstrip")
        let tokenizer = try SmallTokenizer(
            normalizer: #"{"type": "NFC"}"#, postProcessor: postProcessor,
            addedTokens: "[\(Self.start), \(spaces)]"
        ).make()
        #expect(try tokenizer.encode("<s>  a", addSpecialTokens: false).ids == [10, 1])
        for text in ["<s>     a", "<s>   <s>  a", "<s>     e\u{301}"] {
            #expect(throws: TokenizerError.addedTokensOverlap(token: "  ", offset: 3)) {
                try tokenizer.encode(text, addSpecialTokens: false)
            }
        }
    }

    @Test func aTokenThatNormalizesToNothingIsRefused() throws {
        let token = SmallTokenizer.added(#"\n\t"#, id: 10, "normalized")
        let strip = #"{"type": "Strip", "strip_left": true, "strip_right": true}"#
        let error = #expect(throws: TokenizerError.self) {
            try SmallTokenizer(normalizer: strip, addedTokens: "[\(token)]").make()
        }
        #expect(error?.description.contains(#""\n\t" (id 10)"#) == true)
    }
}
