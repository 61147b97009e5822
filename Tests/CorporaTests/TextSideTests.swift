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
    }
}
