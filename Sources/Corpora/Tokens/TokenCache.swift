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
            let writer = try TokenFileWriter(partialPath: partial)
            var records = RecordEncoder(encoder)
            var progress = Progress(file: "", documents: 0, tokens: 0)
            var skipped = SkippedRecords()
            func skip(_ error: CorpusError) throws {
                guard skipBadLines, case .badLine = error else { throw error }
                skipped.add(error)
            }
            func append(_ document: Document) throws {
                try writer.append(document)
                progress.documents += 1
                progress.tokens += document.tokenIDs.count
                if progress.documents % 256 == 0 { try onProgress(progress) }
            }
            func append(_ result: Result<Document, CorpusError>) throws {
                switch result {
                case .failure(let error): try skip(error)
                case .success(let document): try append(document)
                }
            }
            func append(pretokenized document: Document) throws {
                // As an empty text: nothing but the end.
                guard document.tokenIDs.count > 1 || document.tokenIDs.first != encoder.endOfSequence else {
                    skipped.emptyDocuments += 1
                    return
                }
                try append(document)
            }
            for file in corpus.files {
                progress.file = file.path
                switch file.format {
                case .jsonLines, .plainText:
                    try RecordReader(file, fields: fields).forEach { record in
                        switch record {
                        case .failure(let error): try skip(error)
                        case .success(let record) where record.text.isEmpty: skipped.emptyDocuments += 1
                        case .success(let record): try records.append(record) { try append($0) }
                        }
                    }
                    try records.flush { try append($0) }
                case .tokenArray:
                    try TokenArrayReader(path: file.path, encoder: encoder, bareElement: fields.bareElement)
                        .forEach(append(pretokenized:))
                case .megatron:
                    try MegatronReader(indexPath: file.path, encoder: encoder).forEach(append(pretokenized:))
                }
            }
            try writer.finish(path: path, tokenizerFingerprint: encoder.tokenizer.fingerprint.hex, skipped: skipped)
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
