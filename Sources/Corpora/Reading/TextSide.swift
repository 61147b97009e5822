import Checkpoints
import Foundation
import Tokenizers

/// How a model directory turns text into ids.
package struct TextSide: Sendable {
    package let tokenizer: Tokenizer
    /// nil where neither config.json nor generation_config.json names one.
    package let endOfSequence: Int32?

    /// `directory` holds tokenizer.json and, if they are there, config.json and generation_config.json. `configuration` stands for
    /// config.json where the model has none yet.
    package init(directory: String, configuration: ConfigurationObject? = nil) throws {
        tokenizer = try Tokenizer(contentsOf: directory + "/tokenizer.json")
        endOfSequence =
            try configuration.flatMap(Self.endOfSequence) ?? Self.endOfSequence(file: directory + "/config.json")
            ?? Self.endOfSequence(file: directory + "/generation_config.json")
    }

    package var encoder: DocumentEncoder { DocumentEncoder(tokenizer: tokenizer, endOfSequence: endOfSequence) }

    private static func endOfSequence(file path: String) throws -> Int32? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try endOfSequence(ConfigurationObject(contentsOf: path))
    }

    /// `eos_token_id` is a number or a list, of which the first is meant.
    private static func endOfSequence(_ configuration: ConfigurationObject) throws -> Int32? {
        let id =
            try (try? configuration.optionalInt("eos_token_id")) ?? configuration.optionalInts("eos_token_id")?.first
        return id.map { Int32(clamping: $0) }
    }

    /// The files beside the weights that belong to a model's text side.
    package static let fileNames = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
        "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json", "generation_config.json",
    ]

    package static func copyFiles(from source: String, to target: String) throws {
        for name in fileNames where FileManager.default.fileExists(atPath: source + "/" + name) {
            let contents = try Data(contentsOf: URL(fileURLWithPath: source + "/" + name))
            try AtomicFile.write(target + "/" + name, contents: Array(contents))
        }
    }
}
