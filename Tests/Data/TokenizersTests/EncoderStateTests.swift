import Testing
import Tokenizers

/// What is kept between texts.
struct EncoderStateTests {
    /// One word of a megabyte needs arrays of a multiple of it; who encodes the next text does not.
    @Test(arguments: [
        "null", #"{"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false}"#,
    ])
    func aLongTextLeavesNoMoreThanAShortOne(_ preTokenizer: String) throws {
        let tokenizer = try SmallTokenizer(preTokenizer: preTokenizer).make()
        let short = try tokenizer.encode("abcd abcd", addSpecialTokens: false)
        let kept = tokenizer.keptBytes
        #expect(kept > 0)
        let long = String(repeating: "abcd", count: 1 << 18)
        #expect(try tokenizer.encode(long, addSpecialTokens: false).ids.count >= 1 << 18)
        #expect(tokenizer.keptBytes <= kept + 512 << 10)
        #expect(tokenizer.keptBytes <= Tokenizer.mostKeptBytesPerThread)
        #expect(try tokenizer.encode("abcd abcd", addSpecialTokens: false) == short)
        let text = try tokenizer.decode(long.utf8.map { Int32($0 - 96) }, skipSpecialTokens: false)
        #expect(text.utf8.count > long.utf8.count)
        #expect(tokenizer.keptBytes <= Tokenizer.mostKeptBytesPerThread)
    }
}
