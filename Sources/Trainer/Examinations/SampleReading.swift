import Corpora
import Digests
import System
import Tokenizers
import Training

/// The reading of a sample's files, each as far as its share of the tokens goes.
struct SampleReading {
    /// What was read of a file.
    struct File {
        /// Number of the file's source.
        var source: Int
        var file: CorpusFiles.File
        var tokens = 0
        /// Of the file, unpacked, that became these tokens; about.
        var bytes = 0
        var isWhole = true
    }

    private let wanted: Int
    private let encoder: DocumentEncoder
    private let programs: RunningReaders
    private let stop: StopFlag
    private let writer: TokenFileWriter
    private var filesLeft: Int
    private var tokens = 0
    private var bareArrays = 0
    private var otherEnds = OtherEnds()
    private(set) var files: [File] = []
    private(set) var badLines = 0
    private(set) var firstBadLine: String?

    init(
        wanted: Int, filesLeft: Int, encoder: DocumentEncoder, programs: RunningReaders, stop: StopFlag,
        writer: TokenFileWriter
    ) {
        self.wanted = wanted
        self.filesLeft = filesLeft
        self.encoder = encoder
        self.programs = programs
        self.stop = stop
        self.writer = writer
    }

    /// Whether every file was read to its end.
    var isWhole: Bool { files.allSatisfy(\.isWhole) }

    /// Takes documents until the file's share is together.
    ///
    /// - Parameter domain: that of a document whose record names none.
    mutating func read(
        _ file: CorpusFiles.File, ofSource source: Int, fields: RecordFields, domain: String?
    ) throws {
        let end = tokens + max(1, (wanted - tokens) / max(1, filesLeft))
        filesLeft -= 1
        files.append(File(source: source, file: file))
        do {
            if file.format.holdsIDs {
                try readIDs(file, fields, domain: domain, end: end)
            } else {
                try readText(file, fields, domain: domain, end: end)
            }
        } catch is Enough {
            files[files.count - 1].isWhole = false
        }
    }

    /// Completes the token file of the sample.
    func finish(path: String) throws {
        let element = TokenElement.smallest(forVocabulary: encoder.tokenizer.vocabularySize)
        try writer.finish(
            path: path, tokenizerFingerprint: encoder.tokenizer.fingerprint.hex, skipped: SkippedRecords(),
            bareArrays: bareArrays == 0 ? nil : BareArrays(files: bareArrays, element: element.rawValue),
            otherEnds: otherEnds.documents == 0 ? nil : otherEnds)
    }

    private mutating func readIDs(
        _ file: CorpusFiles.File, _ fields: RecordFields, domain: String?, end: Int
    ) throws {
        let documents = TokenDocuments(file, bareElement: fields.bareElement, encoder: encoder)
        let layout = try documents.layout()
        if layout.isBare, fields.bareElement == nil { bareArrays += 1 }
        try documents.forEach { document in
            try goOn(to: end)
            guard !encoder.isEmpty(document) else { return }
            try append(
                Document(tokenIDs: document.tokenIDs, domain: domain), isText: false,
                bytes: document.tokenIDs.count * layout.bytesOfID)
        }
    }

    private mutating func readText(
        _ file: CorpusFiles.File, _ fields: RecordFields, domain: String?, end: Int
    ) throws {
        try RecordReader(file, fields: fields, programs: programs).forEach(onWait: stop.throwIfRequested) { record in
            try goOn(to: end)
            do {
                var record = try record.get()
                guard !record.isEmpty else { return }
                let bytes = record.byteCount + (file.format == .jsonLines ? Self.jsonBytes(record) : 0)
                record.domain = record.domain ?? domain
                try append(try encoder.document(record), isText: true, bytes: bytes)
            } catch let error as CorpusError {
                guard error.isOfOneLine else { throw error }
                badLines += 1
                firstBadLine = firstBadLine ?? error.description
            }
        }
    }

    private func goOn(to end: Int) throws {
        try stop.throwIfRequested()
        guard tokens < end else { throw Enough() }
    }

    private mutating func append(_ document: Document, isText: Bool, bytes: Int) throws {
        try writer.append(document)
        if let id = encoder.otherEnd(in: document, isText: isText) { otherEnds.add(id) }
        tokens += document.tokenIDs.count
        files[files.count - 1].tokens += document.tokenIDs.count
        files[files.count - 1].bytes += bytes
    }

    /// Names of the fields, quotes, commas and braces of a line, and what other fields hold that are known.
    private static func jsonBytes(_ record: TextRecord) -> Int {
        13 + (record.id.map { $0.utf8.count + 10 } ?? 0) + (record.domain.map { $0.utf8.count + 14 } ?? 0)
    }

    private struct Enough: Error {}
}
