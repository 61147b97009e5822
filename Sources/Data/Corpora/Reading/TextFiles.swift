import Foundation
import System

/// The files beside the tensors that belong to a model's text side, as they were when they were read: what is written for it hours later has
/// the tokenizer that it was trained with, whatever has become of the directory.
package struct TextFiles: Sendable {
    private let files: [(name: String, contents: [UInt8])]

    /// Reads those of the files that a model directory has.
    ///
    /// - Throws: `SystemError`.
    package init(directory: String) throws {
        files = try Self.names.compactMap { name in
            let path = directory + "/" + name
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            return (name, try MappedFile.contents(ofFile: path))
        }
    }

    /// Writes them into a directory, each atomically, so that a written checkpoint has its tokenizer beside it.
    ///
    /// - Throws: `SystemError`.
    package func write(to directory: String) throws {
        for (name, contents) in files { try AtomicFile.write(directory + "/" + name, contents: contents) }
    }

    private static let names = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
        "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json", "generation_config.json",
    ]
}
