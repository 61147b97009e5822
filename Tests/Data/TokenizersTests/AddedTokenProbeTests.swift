import Testing
import Tokenizers

/// Which added tokens two tokenizers share.
@Suite struct AddedTokenProbeTests {
    private func tokenizer(_ contents: [String], options: [String] = ["special"]) throws -> Tokenizer {
        let tokens = contents.enumerated().map { index, content in
            let flags = ["single_word", "lstrip", "rstrip", "normalized", "special"]
            let fields = flags.map { #""\#($0)": \#(options.contains($0))"# }.joined(separator: ", ")
            return #"{"id": \#(10 + index), "content": "\#(content)", \#(fields)}"#
        }
        return try SmallTokenizer(addedTokens: "[\(tokens.joined(separator: ", "))]").make()
    }

    private func unshared(_ own: Tokenizer, _ other: Tokenizer) throws -> [Int32] {
        let probe = try AddedTokenProbe(own)
        let answer = try other.encode(probe.text, addSpecialTokens: false)
        return probe.unshared(ids: answer.ids, offsets: answer.offsets)
    }

    @Test func sameTokensAreShared() throws {
        for options in [["special"], ["normalized"], ["single_word"], ["lstrip", "rstrip"]] {
            let own = try tokenizer(["<t>", "<u>"], options: options)
            #expect(try unshared(own, own) == [], "\(options)")
            #expect(own.unsharedTokens(with: own).isEmpty)
        }
    }

    @Test func whatTheOtherLacksOrKnowsOtherwiseIsFound() throws {
        let own = try tokenizer(["<t>", "<u>"])
        #expect(try unshared(own, tokenizer([])) == [10, 11])
        #expect(try unshared(own, tokenizer(["<t>"])) == [11])
        #expect(try unshared(own, tokenizer(["<t>", "<u>", "<v>"])) == [])
        // The same id and other contents; the same contents and other ids.
        #expect(try unshared(own, tokenizer(["<t>", "<v>"])) == [11])
        #expect(try unshared(own, tokenizer(["<u>", "<t>"])) == [10, 11])
        #expect(try own.unsharedTokens(with: tokenizer(["<u>", "<t>"])).keys.sorted() == [10, 11])
        let more = try own.unsharedTokens(with: tokenizer(["<t>", "<u>", "<v>"]))
        #expect(more.keys.sorted() == [12] && more[12]?.other == "<v>" && more[12]?.own == nil)
    }

    @Test func aTokenOfTheVocabularyThatOneOfThemListsAsAddedIsShared() throws {
        let listed = try SmallTokenizer(addedTokens: "[\(SmallTokenizer.added("ab", id: 6))]").make()
        #expect(try listed.unsharedTokens(with: SmallTokenizer().make()).isEmpty)
        #expect(try unshared(listed, SmallTokenizer().make()) == [])
    }

    @Test func withoutAddedTokensThereIsNothingToAsk() throws {
        #expect(try AddedTokenProbe(SmallTokenizer().make()).text.isEmpty)
    }
}
