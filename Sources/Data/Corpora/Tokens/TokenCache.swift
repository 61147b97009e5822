import Digests
import Foundation
import Tokenizers

/// Tokenizes each corpus once: token files in a directory, named by a hash of the files' bytes and of all that the ids depend on.
package struct TokenCache: Sendable {
    /// How far the reading of a corpus has come; told after every 256 documents.
    package struct Progress: Sendable {
        /// Path of the file that is being read.
        package var file: String
        /// Documents tokenized so far, in all files.
        package var documents: Int
        /// Tokens of those documents.
        package var tokens: Int
    }

    /// Where the token files are.
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// Tokenized form of the files, from the cache where it is there. Without it every document is read and encoded once; memory
    /// does not grow with the size of the text.
    ///
    /// - Parameters:
    ///   - skipBadLines: whether a line that cannot be read is counted and left out instead of thrown.
    ///   - onProgress: not called where the cache has the file; what it throws ends the reading.
    /// - Throws: `CorpusError`.
    package func tokenFile(
        _ corpus: CorpusFiles, fields: RecordFields = RecordFields(), encoder: DocumentEncoder,
        skipBadLines: Bool = false, onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> TokenFile {
        let digests = try corpus.files.map { file in try file.parts.map(Self.digest(ofFile:)) }
        let key = Self.key(corpus, digests, fields: fields, encoder: encoder, skipBadLines: skipBadLines)
        let path = directory + "/" + key.hex.prefix(32)
        if !FileManager.default.fileExists(atPath: path) {
            try make(path) { partial in
                let builder = try TokenFileBuilder(
                    partialPath: partial, fields: fields, encoder: encoder, skipBadLines: skipBadLines)
                for (file, digests) in zip(corpus.files, digests) {
                    try builder.add(file, digests: digests, onProgress)
                }
                try builder.finish(path: path)
            }
        }
        return try TokenFile(path)
    }

    private static func key(
        _ corpus: CorpusFiles, _ digests: [[SHA256Digest]], fields: RecordFields, encoder: DocumentEncoder,
        skipBadLines: Bool
    ) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(TokenFileSummary.currentFormat))
        hasher.update(field: fields.text ?? "")
        hasher.update(field: fields.bareElement?.rawValue ?? "smallest")
        hasher.update(field: skipBadLines ? "skip" : "stop")
        encoder.addFields(to: &hasher)
        for (file, digests) in zip(corpus.files, digests) {
            hasher.update(field: file.format.rawValue)
            for digest in digests { hasher.update(field: digest.hex) }
        }
        return hasher.finalize()
    }

    private static func digest(ofFile path: String) throws -> SHA256Digest {
        var file = try ByteFile(path, decompressing: false)
        var block: [UInt8] = []
        while try file.read(into: &block) { block.removeAll(keepingCapacity: true) }
        return file.digest
    }

    /// Hands `build` the directory to fill; what is left of it after an error is removed.
    private func make(_ path: String, _ build: (String) throws -> Void) throws {
        removeAbandoned()
        let partial = path + Self.partialInfix + "\(getpid())"
        do {
            try build(partial)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private static let partialInfix = ".partial-"

    /// Removes what killed processes left behind.
    private func removeAbandoned() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            guard let infix = name.range(of: Self.partialInfix), let owner = Int32(name[infix.upperBound...]) else {
                continue
            }
            if kill(owner, 0) != 0, errno == ESRCH {
                try? FileManager.default.removeItem(atPath: directory + "/" + name)
            }
        }
    }
}
