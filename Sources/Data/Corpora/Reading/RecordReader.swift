import Digests

/// How corpus files are read, beside what their names say.
package struct RecordFields: Sendable, Equatable {
    static let usualText = "text"

    /// Name of the field that holds the whole document; it is the document whatever stands beside it. nil: `text`, unless the line is
    /// a prompt with its completion.
    package var text: String?
    /// Element type of token arrays without header; nil: the smallest unsigned type that holds the vocabulary.
    package var bareElement: TokenElement?
    /// Programs that read what is not read here.
    package var readers: CorpusReaders

    package init(text: String? = nil, bareElement: TokenElement? = nil, readers: CorpusReaders = CorpusReaders()) {
        self.text = text
        self.bareElement = bareElement
        self.readers = readers
    }

    var textName: String { text ?? Self.usualText }
    var wanted: Set<String> { [textName, "prompt", "completion", "id", "domain"] }
}

/// The documents of one corpus file with text in file order; nothing but the current one is in memory.
///
/// A JSON line has the field `text` (or another name), or `prompt` and `completion`: then the document is both, one after the
/// other, and the prompt is context. `id` and `domain` (strings, a domain not empty) are optional, other fields are ignored, blank
/// lines skipped; a field that is null is not there. A plain text file is one document.
package struct RecordReader {
    /// Most bytes of a line, or of a plain text file: a longer one is taken for a file of another kind.
    package static let maxLineBytes = 256 << 20

    /// The file that is read; one with text, not with ids.
    package let file: CorpusFiles.File
    /// Names of the fields that are read.
    package let fields: RecordFields
    private let maxLineBytes: Int
    private let programs: RunningReaders

    /// - Parameter programs: read what is not read here; shared by the files of a corpus.
    package init(
        _ file: CorpusFiles.File, fields: RecordFields = RecordFields(), maxLineBytes: Int = RecordReader.maxLineBytes,
        programs: RunningReaders = RunningReaders(tokenizer: nil)
    ) {
        self.file = file
        self.fields = fields
        self.maxLineBytes = maxLineBytes
        self.programs = programs
    }

    /// Hands the records to `body`, in the order of the file. A line that cannot be read is handed on as a failure; what `body`
    /// throws ends the reading.
    ///
    /// - Parameters:
    ///   - counter: counts the bytes on disk as they are read; not those that a program reads.
    ///   - onWait: called again and again while a program that reads the file gives nothing; what it throws ends the reading.
    /// - Throws: `CorpusError.unreadable` for a file that cannot be read, or is one JSON value over many lines; `.readerFailed`.
    /// - Returns: the SHA-256 of the file's bytes as they were read; of what a program reads, those that it has behind the reading.
    @discardableResult
    package func forEach(
        counter: ByteCounter? = nil, onWait: () throws -> Void = {},
        _ body: (Result<TextRecord, CorpusError>) throws -> Void
    ) throws -> [SHA256Digest] {
        switch file.format {
        case .jsonLines: return [try forEachLine(counter, body)]
        case .plainText: return [try forWholeFile(counter, body)]
        case .program:
            try programs.forEach(file, fields: fields, onWait: onWait, body)
            return try file.digests(programs, onWait: onWait)
        case .tokenArray, .megatron: preconditionFailure("\(file.path) holds token ids, not text")
        }
    }

    private func forEachLine(
        _ counter: ByteCounter?, _ body: (Result<TextRecord, CorpusError>) throws -> Void
    ) throws -> SHA256Digest {
        try JSONLines(path: file.path, maxLineBytes: maxLineBytes).forEach(counter: counter) { line, number in
            try body(line.flatMap { bytes in Result { () throws(CorpusError) in try record(bytes, number: number) } })
        }
    }

    private func forWholeFile(
        _ counter: ByteCounter?, _ body: (Result<TextRecord, CorpusError>) throws -> Void
    ) throws -> SHA256Digest {
        var source = try ByteFile(file.path, counter: counter)
        var bytes: [UInt8] = []
        var isTooLong = false
        while try source.read(into: &bytes) {
            isTooLong = isTooLong || bytes.count > maxLineBytes
            if isTooLong { bytes = [] }
        }
        if isTooLong {
            try body(.failure(.lineTooLong(file: file.path, line: 1, limitBytes: maxLineBytes)))
        } else {
            try FileHead.beginText(&bytes, file: file.path)
            try body(.success(TextRecord(text: bytes, file: file.path, line: 1)))
        }
        return source.digest
    }

    private func record(_ line: ArraySlice<UInt8>, number: Int) throws(CorpusError) -> TextRecord {
        let found: [String: JSONObjectLine.Value]
        do {
            found = try JSONObjectLine.fields(fields.wanted, of: line)
        } catch {
            throw CorpusError.badLine(file: file.path, line: number, reason: "\(error)")
        }
        return try RecordLine(fields: fields, file: file.path, number: number).record(found)
    }
}
