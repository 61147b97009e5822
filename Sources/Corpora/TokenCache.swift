import Digests
import Foundation
import Tokenizers

/// Tokenizes each corpus once: token files in a directory, named by a hash of the files' bytes and of all that the ids depend on.
package struct TokenCache: Sendable {
    package struct Progress: Sendable {
        package var file: String
        package var documents: Int
        package var tokens: Int
    }

    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// The tokenized form of the files, from the cache where it is there. Without it every document is read and encoded once; memory
    /// does not grow with the size of the text.
    package func tokenFile(
        _ corpus: CorpusFiles, fields: RecordFields = RecordFields(), encoder: DocumentEncoder,
        onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> TokenFile {
        let key = try Self.key(corpus, fields: fields, encoder: encoder)
        let path = directory + "/" + key.hex.prefix(32)
        if !FileManager.default.fileExists(atPath: path) {
            try make(path, corpus, fields: fields, encoder: encoder, onProgress: onProgress)
        }
        return try TokenFile(path)
    }

    private static func key(
        _ corpus: CorpusFiles, fields: RecordFields, encoder: DocumentEncoder
    ) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(TokenFileSummary.currentFormat))
        hasher.update(field: fields.text)
        encoder.addFields(to: &hasher)
        for file in corpus.files {
            hasher.update(field: file.format.rawValue)
            hasher.update(field: try digest(ofFile: file.path).hex)
        }
        return hasher.finalize()
    }

    private static func digest(ofFile path: String) throws -> SHA256Digest {
        let file = try ByteFile(path)
        var hasher = SHA256Hasher()
        var block: [UInt8] = []
        while try file.read(into: &block) {
            block.withUnsafeBytes { hasher.update($0) }
            block.removeAll(keepingCapacity: true)
        }
        return hasher.finalize()
    }

    private func make(
        _ path: String, _ corpus: CorpusFiles, fields: RecordFields, encoder: DocumentEncoder,
        onProgress: (Progress) throws -> Void
    ) throws {
        let partial = path + ".partial-\(getpid())"
        do {
            var writer = try TokenFileWriter(partialPath: partial)
            var progress = Progress(file: "", documents: 0, tokens: 0)
            var empty = 0
            for file in corpus.files {
                progress.file = file.path
                try RecordReader(file, fields: fields).forEach { record in
                    guard !record.text.isEmpty else {
                        empty += 1
                        return
                    }
                    let document = try encoder.document(record)
                    try writer.append(document)
                    progress.documents += 1
                    progress.tokens += document.tokenIDs.count
                    if progress.documents % 256 == 0 { try onProgress(progress) }
                }
            }
            try writer.finish(
                path: path, tokenizerFingerprint: encoder.tokenizer.fingerprint.hex, emptyDocuments: empty)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}
