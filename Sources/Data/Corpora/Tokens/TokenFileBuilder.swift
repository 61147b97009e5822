import Digests
import Tokenizers

/// Reads corpus files, one after the other, into a token file.
final class TokenFileBuilder {
    typealias Progress = TokenCache.Progress

    private let writer: TokenFileWriter
    private let fields: RecordFields
    private let encoder: DocumentEncoder
    private let skipBadLines: Bool
    private let programs: RunningReaders
    private var records: RecordEncoder
    private var progress: Progress
    private let read = ByteCounter()
    private var skipped = SkippedRecords()
    private var bareArrays = 0
    private var otherEnds = OtherEnds()
    private var known: Set<[SHA256Digest]> = []

    /// - Parameter totalBytes: of all files that will be added, for the progress.
    init(
        partialPath: String, fields: RecordFields, encoder: DocumentEncoder, skipBadLines: Bool,
        programs: RunningReaders, totalBytes: Int
    ) throws {
        progress = Progress(file: "", documents: 0, tokens: 0, bytes: 0, totalBytes: totalBytes)
        writer = try TokenFileWriter(partialPath: partialPath)
        self.fields = fields
        self.encoder = encoder
        self.skipBadLines = skipBadLines
        self.programs = programs
        records = RecordEncoder(encoder)
    }

    /// Takes the documents of a file whose parts had these digests a moment ago, when the cache's key was made of them: what is read
    /// now must be the same bytes, or the key would stand for another text.
    func add(_ file: CorpusFiles.File, digests: [SHA256Digest], _ onProgress: (Progress) throws -> Void) throws {
        progress.file = file.path
        let before = (progress.documents, skipped)
        let read = try self.digests(of: file, onProgress)
        if let place = zip(read, digests).enumerated().first(where: { $1.0 != $1.1 })?.offset {
            throw CorpusError.changedWhileRead(path: try file.parts().dropFirst(place).first ?? file.path)
        }
        guard read.count == digests.count else { throw CorpusError.changedWhileRead(path: file.path) }
        if before == (progress.documents, skipped) {
            skipped.add(emptyFile: file.path)
        } else if !known.insert(digests).inserted {
            skipped.add(copy: file.path)
        }
    }

    private func digests(
        of file: CorpusFiles.File, _ onProgress: (Progress) throws -> Void
    ) throws -> [SHA256Digest] {
        switch file.format {
        case .jsonLines, .plainText, .program: return try addText(file, onProgress)
        case .tokenArray, .megatron:
            let documents = TokenDocuments(file, bareElement: fields.bareElement, encoder: encoder)
            let (digests, isBare) = try documents.forEach(counter: read) { try addTokens($0, onProgress) }
            if isBare, fields.bareElement == nil { bareArrays += 1 }
            return digests
        }
    }

    /// Completes the file and moves it to `path`.
    func finish(path: String) throws {
        let element = TokenElement.smallest(forVocabulary: encoder.tokenizer.vocabularySize)
        try writer.finish(
            path: path, tokenizerFingerprint: encoder.tokenizer.fingerprint.hex, skipped: skipped,
            bareArrays: bareArrays == 0 ? nil : BareArrays(files: bareArrays, element: element.rawValue),
            otherEnds: otherEnds.documents == 0 ? nil : otherEnds)
    }

    private func addText(
        _ file: CorpusFiles.File, _ onProgress: (Progress) throws -> Void
    ) throws -> [SHA256Digest] {
        func take(_ result: Result<Document, CorpusError>) throws {
            switch result {
            case .failure(let error): try skip(error)
            case .success(let document): try append(document, isText: true, onProgress)
            }
        }
        let reader = RecordReader(file, fields: fields, programs: programs)
        do {
            let digests = try reader.forEach(counter: read, onWait: { try onProgress(progress) }) { record in
                if case .success(let record) = record, record.isEmpty {
                    skipped.emptyDocuments += 1
                } else {
                    try records.append(record, take)
                }
            }
            try records.flush(take)
            return digests
        } catch let error as CorpusError {
            // Lines that wait come before what ended the reading.
            try records.flush(take)
            throw error
        }
    }

    private func addTokens(_ document: Document, _ onProgress: (Progress) throws -> Void) throws {
        guard !encoder.isEmpty(document) else {
            skipped.emptyDocuments += 1
            return
        }
        try append(document, isText: false, onProgress)
    }

    private func append(_ document: Document, isText: Bool, _ onProgress: (Progress) throws -> Void) throws {
        try writer.append(document)
        if let id = encoder.otherEnd(in: document, isText: isText) { otherEnds.add(id) }
        progress.documents += 1
        progress.tokens += document.tokenIDs.count
        progress.bytes = read.bytes
        if progress.documents % 256 == 0 { try onProgress(progress) }
    }

    private func skip(_ error: CorpusError) throws {
        guard skipBadLines, error.isOfOneLine else { throw error }
        skipped.add(error)
    }
}
