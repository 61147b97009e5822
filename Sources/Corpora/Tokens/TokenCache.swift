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
        skipBadLines: Bool = false, onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> TokenFile {
        let key = try Self.key(corpus, fields: fields, encoder: encoder, skipBadLines: skipBadLines)
        let path = directory + "/" + key.hex.prefix(32)
        if !FileManager.default.fileExists(atPath: path) {
            try make(
                path, corpus, fields: fields, encoder: encoder, skipBadLines: skipBadLines, onProgress: onProgress)
        }
        return try TokenFile(path)
    }

    private static func key(
        _ corpus: CorpusFiles, fields: RecordFields, encoder: DocumentEncoder, skipBadLines: Bool
    ) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(TokenFileSummary.currentFormat))
        hasher.update(field: fields.text)
        hasher.update(field: fields.bareElement?.rawValue ?? "smallest")
        hasher.update(field: skipBadLines ? "skip" : "stop")
        encoder.addFields(to: &hasher)
        for file in corpus.files {
            hasher.update(field: file.format.rawValue)
            hasher.update(field: try digest(ofFile: file.path).hex)
            if file.format == .megatron {
                hasher.update(field: try digest(ofFile: MegatronReader.dataPath(file.path)).hex)
            }
        }
        return hasher.finalize()
    }

    private static func digest(ofFile path: String) throws -> SHA256Digest {
        var file = try ByteFile(path, decompressing: false)
        var hasher = SHA256Hasher()
        var block: [UInt8] = []
        while try file.read(into: &block) {
            block.withUnsafeBytes { hasher.update($0) }
            block.removeAll(keepingCapacity: true)
        }
        return hasher.finalize()
    }

    private func make(
        _ path: String, _ corpus: CorpusFiles, fields: RecordFields, encoder: DocumentEncoder, skipBadLines: Bool,
        onProgress: (Progress) throws -> Void
    ) throws {
        removeAbandoned()
        let partial = path + Self.partialInfix + "\(getpid())"
        do {
            let builder = try TokenFileBuilder(
                partialPath: partial, fields: fields, encoder: encoder, skipBadLines: skipBadLines)
            for file in corpus.files { try builder.add(file, onProgress) }
            try builder.finish(path: path)
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
