import Foundation
import Testing
import Tokenizers

@Suite struct GoldenTests {
    @Test(arguments: Golden.families)
    func encodesAsTheLibraryDoes(family: String) throws {
        let tokenizer = try Tokenizer(contentsOf: Golden.path(family))
        let cases = try Golden.load(family)
        #expect(cases.count >= 500)
        for (text, golden) in cases {
            let encoding = try tokenizer.encode(text, addSpecialTokens: true)
            #expect(encoding.ids == golden.ids, "\(text.debugDescription)")
            #expect(encoding.offsets == golden.offsets, "\(text.debugDescription)")
            let plain = try tokenizer.encode(text, addSpecialTokens: false)
            let body = golden.added.start..<golden.ids.count - golden.added.end
            #expect(plain.ids == Array(golden.ids[body]), "\(text.debugDescription)")
            #expect(plain.offsets == Array(golden.offsets[body]), "\(text.debugDescription)")
        }
    }

    /// A file may have the library say where the word within a token begins; a caller may still ask where the token does.
    @Test func untrimmedSpansBeginWhereTheirTokensDo() throws {
        let llama = try Tokenizer(contentsOf: Golden.path("llama3"))
        let trimmed = try llama.encode("x the fox", addSpecialTokens: true)
        let whole = try llama.encode("x the fox", addSpecialTokens: true, trimsOffsets: false)
        #expect(trimmed.ids == whole.ids)
        #expect(trimmed.offsets == [0..<0, 0..<1, 2..<5, 6..<9] && whole.offsets == [0..<0, 0..<1, 1..<5, 5..<9])
        for (text, golden) in try Golden.load("llama3") where text.utf8.allSatisfy({ $0 < 0x80 }) {
            let encoding = try llama.encode(text, addSpecialTokens: false, trimsOffsets: false)
            #expect(encoding.ids == Array(golden.ids[golden.added.start..<golden.ids.count - golden.added.end]))
            for (id, span) in zip(encoding.ids, encoding.offsets) {
                #expect(
                    try Array(llama.tokenText(id).utf8) == Array(Array(text.utf8)[span]), "\(text.debugDescription)")
            }
        }
    }

    @Test(arguments: Golden.families)
    func decodesAsTheLibraryDoes(family: String) throws {
        let tokenizer = try Tokenizer(contentsOf: Golden.path(family))
        for (text, golden) in try Golden.load(family) {
            let ids = Array(golden.ids[golden.added.start..<golden.ids.count - golden.added.end])
            let decoded = try tokenizer.decode(ids, skipSpecialTokens: false)
            #expect(Array(decoded.utf8) == Array(golden.decoded.utf8), "\(text.debugDescription)")
            let skipped = try tokenizer.decode(ids, skipSpecialTokens: true)
            #expect(Array(skipped.utf8) == Array(golden.decodedWithoutSpecials.utf8), "\(text.debugDescription)")
        }
    }

    /// What was cached for one text must not leak into the next: backwards order gives the same ids.
    @Test(arguments: Golden.families)
    func doesNotDependOnTheTextsBefore(family: String) throws {
        let tokenizer = try Tokenizer(contentsOf: Golden.path(family))
        for (text, golden) in try Golden.load(family).reversed() {
            let utf8 = try tokenizer.encode(utf8: Array(text.utf8), addSpecialTokens: true)
            #expect(utf8.ids == golden.ids, "\(text.debugDescription)")
        }
    }
}
