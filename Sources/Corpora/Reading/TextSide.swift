import Checkpoints
import Foundation
import Tokenizers

/// How a model directory turns text into ids.
package struct TextSide: Sendable {
    package let tokenizer: Tokenizer
    /// What config.json and generation_config.json name.
    package let endOfSequence: EndOfSequence

    /// `directory` holds tokenizer.json and, if they are there, config.json and generation_config.json. `configuration` stands for
    /// config.json where the model has none yet.
    package init(directory: String, configuration: ConfigurationObject? = nil) throws {
        tokenizer = try Tokenizer(directory: directory)
        let model = try configuration ?? Self.configuration(directory + "/config.json")
        let generation = try Self.configuration(directory + "/generation_config.json")
        endOfSequence = EndOfSequence(
            try [model, generation].compactMap(\.self).flatMap { try Self.endsOfSequence($0) })
    }

    package var encoder: DocumentEncoder {
        DocumentEncoder(tokenizer: tokenizer, endOfSequence: endOfSequence.documentEnd)
    }

    private static func configuration(_ path: String) throws -> ConfigurationObject? {
        FileManager.default.fileExists(atPath: path) ? try ConfigurationObject(contentsOf: path) : nil
    }

    /// `eos_token_id` is a number or a list of numbers.
    private static func endsOfSequence(_ configuration: ConfigurationObject) throws -> [Int32] {
        let ids =
            if let id = try? configuration.optionalInt("eos_token_id") { [id] } else {
                try configuration.optionalInts("eos_token_id") ?? []
            }
        return ids.map { Int32(clamping: $0) }
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
