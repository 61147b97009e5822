import Checkpoints
import Foundation

/// A model directory whose parameters an engine elsewhere computes with: its configuration, of whatever family. The tensors may lie there
/// too, as the word for what the engine has.
package struct RemoteModelFiles: Sendable {
    /// Path of the directory, as given.
    package let directory: String
    /// The `model_type` of config.json.
    package let family: String
    /// V: rows of the embedding.
    package let vocabularySize: Int
    /// Most positions that the model was made for.
    package let contextLength: Int
    /// config.json, those fields left out that count as absent.
    package let configuration: ConfigurationObject

    /// Reads config.json; of a model that reads more than text, the part about text.
    ///
    /// - Throws: what is wrong with the directory or the configuration.
    package init(directory: String, ignoring ignored: Set<String> = []) throws {
        try ModelDirectory.check(directory)
        self.directory = directory
        configuration = try ConfigurationObject(contentsOf: directory + "/config.json").ignoring(ignored)
        let text = try configuration.optionalObject("text_config")
        family = try configuration.optionalString("model_type") ?? "unknown"
        vocabularySize = try configuration.optionalInt("vocab_size") ?? (text ?? configuration).int("vocab_size")
        contextLength =
            try configuration.optionalInt("max_position_embeddings")
            ?? (text ?? configuration).int(
                "max_position_embeddings")
        guard vocabularySize > 0 else { throw configuration.unsupported("vocab_size", expected: "above 0") }
        guard contextLength > 1 else {
            throw configuration.unsupported("max_position_embeddings", expected: "above 1")
        }
    }

    /// Whether the directory holds tensors.
    package var hasTensors: Bool {
        ["model.safetensors", "model.safetensors.index.json"].contains {
            FileManager.default.fileExists(atPath: directory + "/" + $0)
        }
    }
}
