import Digests
import Tokenizers

/// Reads corpus files, one after the other, into a token file.
final class TokenFileBuilder {
    typealias Progress = TokenCache.Progress

    private let writer: TokenFileWriter
    private let fields: RecordFields
    private let encoder: DocumentEncoder
    private let skipBadLines: Bool
    private var records: RecordEncoder
    private var progress = Progress(file: "", documents: 0, tokens: 0)
    private var skipped = SkippedRecords()

    init(partialPath: String, fields: RecordFields, encoder: DocumentEncoder, skipBadLines: Bool) throws {
        writer = try TokenFileWriter(partialPath: partialPath)
        self.fields = fields
        self.encoder = encoder
        self.skipBadLines = skipBadLines
        records = RecordEncoder(encoder)
    }

    func add(_ file: CorpusFiles.File, _ onProgress: (Progress) throws -> Void) throws {
        progress.file = file.path
        switch file.format {
        case .jsonLines, .plainText: try addText(file, onProgress)
        case .tokenArray:
            try TokenArrayReader(path: file.path, encoder: encoder, bareElement: fields.bareElement)
                .forEach { try addTokens($0, onProgress) }
        case .megatron:
            try MegatronReader(indexPath: file.path, encoder: encoder).forEach { try addTokens($0, onProgress) }
        }
    }

    /// Completes the file and moves it to `path`.
    func finish(path: String) throws {
        try writer.finish(path: path, tokenizerFingerprint: encoder.tokenizer.fingerprint.hex, skipped: skipped)
    }

    private func addText(_ file: CorpusFiles.File, _ onProgress: (Progress) throws -> Void) throws {
        func take(_ result: Result<Document, CorpusError>) throws {
            switch result {
            case .failure(let error): try skip(error)
            case .success(let document): try append(document, onProgress)
            }
        }
        try RecordReader(file, fields: fields).forEach { record in
            switch record {
            case .failure(let error): try skip(error)
            case .success(let record) where record.text.isEmpty: skipped.emptyDocuments += 1
            case .success(let record): try records.append(record, take)
            }
        }
        try records.flush(take)
    }

    private func addTokens(_ document: Document, _ onProgress: (Progress) throws -> Void) throws {
        // Nothing but the end: an empty text.
        guard document.tokenIDs.count > 1 || document.tokenIDs.first != encoder.endOfSequence else {
            skipped.emptyDocuments += 1
            return
        }
        try append(document, onProgress)
    }

    private func append(_ document: Document, _ onProgress: (Progress) throws -> Void) throws {
        try writer.append(document)
        progress.documents += 1
        progress.tokens += document.tokenIDs.count
        if progress.documents % 256 == 0 { try onProgress(progress) }
    }

    private func skip(_ error: CorpusError) throws {
        guard skipBadLines, case .badLine = error else { throw error }
        skipped.add(error)
    }
}
