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
