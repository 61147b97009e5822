import Testing
import Tokenizers

@Suite struct TextErrorTests {
    @Test(arguments: [
        ([0x61, 0xFF], 1), ([0xC0, 0x80], 0), ([0xC3], 0), ([0x61, 0x62, 0xE2, 0x82], 2), ([0xED, 0xA0, 0x80], 0),
        ([0xF4, 0x90, 0x80, 0x80], 0), ([0xE0, 0x80, 0x80], 0), ([0xF0, 0x80, 0x80, 0x80], 0),
        ([0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x80], 9), ([0xC3, 0xA9, 0xC3, 0x28], 2), ([0xF8], 0),
    ])
    func namesTheFirstByteThatIsNotUTF8(bytes: [UInt8], offset: Int) throws {
        let tokenizer = try SmallTokenizer().make()
        #expect(throws: TokenizerError.invalidUTF8(offset: offset)) {
            try tokenizer.encode(utf8: bytes, addSpecialTokens: false)
        }
    }

    @Test func namesAnUnknownTokenID() throws {
        let tokenizer = try SmallTokenizer().make()
        #expect(throws: TokenizerError.unknownTokenID(id: 10, position: 1, vocabularySize: 10)) {
            try tokenizer.decode([1, 10], skipSpecialTokens: false)
        }
        #expect(throws: TokenizerError.self) { try tokenizer.decode([-1], skipSpecialTokens: false) }
        #expect(throws: TokenizerError.self) { try tokenizer.tokenText(99) }
    }
}
