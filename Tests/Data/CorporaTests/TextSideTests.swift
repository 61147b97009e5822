import Checkpoints
import Corpora
import Foundation
import TestSupport
import Testing
import Tokenizers

/// What a model's directory says about texts.
struct TextSideTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("tokenizer.json", Array(ByteTokenizer.json()))
    }

    private func ends(_ model: String?, generation: String? = nil) throws -> [Int32] {
        for (name, contents) in [("config.json", model), ("generation_config.json", generation)] {
            try? FileManager.default.removeItem(atPath: directory.file(name))
            if let contents { try directory.write(name, Array(contents.utf8)) }
        }
        return try TextSide(directory: directory.path).endOfSequence.ids
    }

    @Test func everyEndThatTheFilesNameCounts() throws {
        #expect(try ends(nil) == [])
        #expect(try ends("{}", generation: "{}") == [])
        #expect(try ends(#"{"eos_token_id": null}"#) == [])
        #expect(try ends(#"{"eos_token_id": []}"#) == [])
        #expect(try ends(#"{"eos_token_id": 257}"#) == [257])
        #expect(try ends(#"{"eos_token_id": [5, 0]}"#) == [5, 0])
        #expect(try ends(#"{"eos_token_id": [5, 0, 5]}"#) == [5, 0])
        #expect(try ends("{}", generation: #"{"eos_token_id": [7, 3]}"#) == [7, 3])
        #expect(try ends(#"{"eos_token_id": 3}"#, generation: #"{"eos_token_id": [7, 3]}"#) == [3, 7])
        #expect(throws: ConfigurationError.self) { try ends(#"{"eos_token_id": "2"}"#) }
        #expect(throws: ConfigurationError.self) { try ends(#"{"eos_token_id": [2, "3"]}"#) }
    }

    @Test func theFirstClosesDocuments() throws {
        _ = try ends(#"{"eos_token_id": [257, 0]}"#)
        #expect(try TextSide(directory: directory.path).encoder.endOfSequence == 257)
        #expect(EndOfSequence([]).documentEnd == nil)
        #expect(EndOfSequence([4, 4, 2]).ids == [4, 2])
        #expect(EndOfSequence([4, 4, 2], tokenizer: 4).others == [2])
        #expect(EndOfSequence([4, 2], tokenizer: 7).others == [2, 7])
    }

    /// Ids and remarks with these files; `eos` is the tokenizer's.
    private func side(
        _ model: String?, generation: String? = nil, eos: String? = nil
    ) throws -> (ids: [Int32], remarks: [String]) {
        let path = directory.file("tokenizer_config.json")
        try? FileManager.default.removeItem(atPath: path)
        if let eos { try directory.write("tokenizer_config.json", Array(#"{"eos_token": "\#(eos)"}"#.utf8)) }
        _ = try ends(model, generation: generation)
        let text = try TextSide(directory: directory.path)
        return (text.endOfSequence.ids, text.remarks)
    }

    @Test func filesThatAgreeSayNothing() throws {
        #expect(try side(#"{"eos_token_id": 257}"#, eos: "</s>") == ([257], []))
        #expect(try side(#"{"eos_token_id": 257}"#) == ([257], []))
        #expect(try side(#"{"eos_token_id": [257, 256]}"#, eos: "</s>") == ([257, 256], []))
        let more = try side(#"{"eos_token_id": 257}"#, generation: #"{"eos_token_id": [256, 257]}"#, eos: "</s>")
        #expect(more == ([257, 256], []))
    }

    @Test func noneIsSaid() throws {
        for model in [nil, "{}", #"{"eos_token_id": null}"#, #"{"eos_token_id": []}"#] {
            let none = try side(model)
            #expect(none.ids == [] && none.remarks.count == 1 && none.remarks[0].hasPrefix("no end-of-sequence"))
            let own = try side(model, eos: "</s>")
            #expect(own.ids == [257] && own.remarks.count == 1 && own.remarks[0].contains(#"eos_token 257 ("</s>")"#))
        }
    }

    @Test func oneOutOfRangeIsSaidAndEndsNothing() throws {
        for (id, rows) in [(258, 258), (-1, 258), (5_000_000_000, 258)] {
            let found = try side(#"{"eos_token_id": [\#(id), 257], "vocab_size": \#(rows)}"#, eos: "</s>")
            #expect(found.ids == [257] && found.remarks.count == 1)
            #expect(found.remarks[0].contains("eos_token_id \(id) is outside the vocabulary of 258"), "\(found)")
        }
        let padded = try side(#"{"eos_token_id": [257, 300], "vocab_size": 320}"#)
        #expect(padded.ids == [257, 300] && padded.remarks.count == 1)
        #expect(padded.remarks[0].contains("eos_token_id 300 is no token"))
    }

    @Test func disagreementIsSaid() throws {
        let other = try side(#"{"eos_token_id": 256}"#, eos: "</s>")
        #expect(other.ids == [256] && other.remarks.count == 1)
        #expect(other.remarks[0].contains(#"eos_token_id is 256 ("<s>"), the tokenizer's eos_token is 257 ("</s>")"#))
        #expect(other.remarks[0].contains("a completion does not end with it"))
        let second = try side(#"{"eos_token_id": [256, 257]}"#, eos: "</s>")
        #expect(second.remarks.count == 1 && second.remarks[0].contains("a completion ends with either"))
        let generation = try side(#"{"eos_token_id": 257}"#, generation: #"{"eos_token_id": 256}"#, eos: "</s>")
        #expect(generation.ids == [257, 256] && generation.remarks.count == 1)
        #expect(generation.remarks[0].contains("generation_config.json"))
    }

    private func corpus(_ texts: [String], sequenceLength: Int = 64) throws -> Corpus {
        let path = try directory.write(
            "c.jsonl", Array(texts.map { #"{"text": "\#($0)", "id": "x"}"# + "\n" }.joined().utf8))
        let text = try TextSide(directory: directory.path)
        let tokens = try TokenCache(directory: directory.file("cache")).tokenFile(
            CorpusFiles([path]), encoder: text.encoder)
        return Corpus(tokens, sequenceLength: sequenceLength)
    }

    /// The embedding has 257 rows: `</s>` is beyond it.
    @Test func aTokenWithoutARowIsNamedAndAnErrorWhereItOccurs() throws {
        let model = #"{"eos_token_id": 256, "vocab_size": 257}"#
        #expect(
            try side(model).remarks.contains {
                $0.contains(#"beyond the embedding of 257 rows (vocab_size): "</s>" (257)"#)
            })
        let unreadable = try TextSide(directory: directory.path).unreadable
        try unreadable.check(corpus(["ab", "cd"]))
        let error = #expect(throws: CorpusError.self) { try unreadable.check(corpus(["ab", "c</s>d"])) }
        guard case .unreadableToken(let document, 1, 257, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(document == "document 1 (x) of corpus" && reason.contains("257 rows"))
        _ = try side(#"{"eos_token_id": 256, "vocab_size": 258}"#)
        #expect(try TextSide(directory: directory.path).unreadable.isEmpty)
    }

    @Test func aTokenThatMeansSomethingElseIsAnErrorWhereItOccurs() throws {
        _ = try side(#"{"eos_token_id": 257}"#)
        let tokenizer = try TextSide(directory: directory.path).tokenizer
        let unreadable = UnreadableTokens(tokenizer, rows: nil, reasons: [256: "it is another one"])
        #expect(unreadable.remark == nil && !unreadable.isEmpty)
        try unreadable.check(corpus(["ab"]))
        #expect(throws: CorpusError.self) { try unreadable.check(corpus(["ab", "<s>"])) }
        struct Stop: Error {}
        #expect(throws: Stop.self) { try unreadable.check(corpus(["ab"])) { _ in throw Stop() } }
    }
}
