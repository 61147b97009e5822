import Checkpoints
import Foundation
import Tokenizers

/// How a model directory turns text into ids.
package struct TextSide: Sendable {
    /// The tokenizer of `tokenizer.json`.
    package let tokenizer: Tokenizer
    /// Ids that end a text: what config.json and generation_config.json name; where they name none, the tokenizer's `eos_token`.
    package let endOfSequence: EndOfSequence
    /// Rows of the embedding, by config.json; nil where it does not say.
    package let embeddingRows: Int?
    /// What a user should know of the text side, a line each: every command says them.
    package let remarks: [String]
    private let directory: String

    /// Reads the files of a model directory that decide its ids.
    ///
    /// - Parameters:
    ///   - directory: holds tokenizer.json and, if they are there, config.json and generation_config.json.
    ///   - configuration: stands for config.json where the model has none yet.
    /// - Throws: `ModelDirectoryError` where there is no tokenizer.json, and what is wrong with one of the files.
    package init(directory: String, configuration: ConfigurationObject? = nil) throws {
        self.directory = directory
        try ModelDirectory.checkTokenizer(directory)
        tokenizer = try Tokenizer(directory: directory)
        let model = try configuration ?? Self.configuration(directory + "/config.json")
        let generation = try Self.configuration(directory + "/generation_config.json")
        embeddingRows = try model?.optionalInt("vocab_size").map { max(0, $0) }
        let ends = try EndOfSequenceReading(
            model: model, generation: generation, tokenizer: tokenizer, rows: embeddingRows)
        endOfSequence = ends.found
        let rowless = UnreadableTokens(tokenizer, rows: embeddingRows).remark
        remarks = tokenizer.remarks + ends.remarks + [rowless].compactMap(\.self)
    }

    /// What turns records of a corpus into documents of this model.
    package var encoder: DocumentEncoder {
        DocumentEncoder(tokenizer: tokenizer, endOfSequence: endOfSequence, directory: directory)
    }

    /// Tokens of the tokenizer that the model has no row for.
    package var unreadable: UnreadableTokens { UnreadableTokens(tokenizer, rows: embeddingRows) }

    private static func configuration(_ path: String) throws -> ConfigurationObject? {
        FileManager.default.fileExists(atPath: path) ? try ConfigurationObject(contentsOf: path) : nil
    }
}
