import Digests

/// How corpus files are read, beside what their names say.
package struct RecordFields: Sendable, Equatable {
    static let usualText = "text"

    /// Name of the field that holds the whole document; it is the document whatever stands beside it. nil: `text`, unless the line is
    /// a prompt with its completion.
    package var text: String?
    /// Element type of token arrays without header; nil: the smallest unsigned type that holds the vocabulary.
    package var bareElement: TokenElement?

    package init(text: String? = nil, bareElement: TokenElement? = nil) {
        self.text = text
        self.bareElement = bareElement
    }

    var textName: String { text ?? Self.usualText }
    var wanted: Set<String> { [textName, "prompt", "completion", "id", "domain"] }
}

/// The documents of one corpus file with text in file order; nothing but the current one is in memory.
///
/// A JSON line has the field `text` (or another name), or `prompt` and `completion`: then the document is both, one after the
/// other, and the prompt is context. `id` and `domain` (strings, a domain not empty) are optional, other fields are ignored, blank
/// lines skipped; a field that is null is not there. A plain text file is one document.
package struct RecordReader: Sendable {
    /// Most bytes of a line, or of a plain text file: a longer one is taken for a file of another kind.
    package static let maxLineBytes = 256 << 20

    /// The file that is read; one with text, not with ids.
    package let file: CorpusFiles.File
    /// Names of the fields that are read.
    package let fields: RecordFields
    private let maxLineBytes: Int

    package init(
        _ file: CorpusFiles.File, fields: RecordFields = RecordFields(), maxLineBytes: Int = RecordReader.maxLineBytes
    ) {
        self.file = file
        self.fields = fields
        self.maxLineBytes = maxLineBytes
    }

    /// Hands the records to `body`, in the order of the file. A line that cannot be read is handed on as a failure; what `body`
    /// throws ends the reading.
    ///
    /// - Throws: `CorpusError.unreadable` for a file that cannot be read, or is one JSON value over many lines.
    /// - Returns: the SHA-256 of the file's bytes as they were read.
    @discardableResult
    package func forEach(_ body: (Result<TextRecord, CorpusError>) throws -> Void) throws -> SHA256Digest {
        switch file.format {
        case .jsonLines: try forEachLine(body)
        case .plainText: try forWholeFile(body)
        case .tokenArray, .megatron: preconditionFailure("\(file.path) holds token ids, not text")
        }
    }

    private func forEachLine(_ body: (Result<TextRecord, CorpusError>) throws -> Void) throws -> SHA256Digest {
        var lines = try LineReader(file.path, maxLineBytes: maxLineBytes)
        var isFirst = true
        while let line = try lines.next() {
            let number = lines.lineNumber
            if case .success(let bytes) = line {
                guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
                if isFirst { try refuseOneValue(bytes) }
            }
            isFirst = false
            try body(line.flatMap { bytes in Result { () throws(CorpusError) in try record(bytes, number: number) } })
        }
        return lines.digest
    }

    /// A file that is one JSON value over many lines has no line that is a document.
    private func refuseOneValue(_ line: ArraySlice<UInt8>) throws(CorpusError) {
        let visible = line.filter { $0 != 0x20 && $0 != 0x09 }
        let (array, object) = (UInt8(ascii: "["), UInt8(ascii: "{"))
        func refusal(_ what: String, _ command: String) -> CorpusError {
            .unreadable(
                path: file.path,
                reason: "it is \(what), expected one object a line; \(command) makes that of it")
        }
        if visible == [array] || visible.starts(with: [array, object]) {
            throw refusal("a JSON array", "jq -c '.[]'")
        }
        if visible == [object] { throw refusal("JSON over several lines", "jq -c .") }
    }

    private func forWholeFile(_ body: (Result<TextRecord, CorpusError>) throws -> Void) throws -> SHA256Digest {
        var source = try ByteFile(file.path)
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
        func bad(_ reason: String) -> CorpusError { .badLine(file: file.path, line: number, reason: reason) }
        let found: [String: JSONObjectLine.Value]
        do {
            found = try JSONObjectLine.fields(fields.wanted, of: line)
        } catch {
            throw bad("\(error)")
        }
        func isGiven(_ name: String) -> Bool { found[name] != nil && found[name] != .other("null") }
        func string(_ name: String) throws(CorpusError) -> [UInt8]? {
            guard isGiven(name) else { return nil }
            switch found[name] {
            case nil: return nil
            case .string(let bytes): return bytes
            case .other(let kind): throw bad("the field \"\(name)\" must be a string, it is \(kind)")
            }
        }
        var id: String?
        if case .string(let bytes) = found["id"] { id = String(decoding: bytes, as: UTF8.self) }
        let domain = try string("domain").map { String(decoding: $0, as: UTF8.self) }
        guard domain != "" else {
            throw bad(
                "the field \"domain\" is empty: expected a name; a document without a domain leaves the field out")
        }
        var record = TextRecord(text: [], id: id, domain: domain, file: file.path, line: number)
        let name = fields.textName
        if isGiven(name), fields.text != nil || !isGiven("completion") {
            record.text = try string(name) ?? []
            return record
        }
        guard !isGiven(name) else {
            throw bad(
                "expected \"\(name)\" or \"prompt\" and \"completion\", not both; with --text-field \(name) that is the document"
            )
        }
        switch (try string("prompt"), try string("completion")) {
        case (let prompt?, let completion?):
            guard !completion.isEmpty else { throw bad("\"completion\" is empty: nothing would be scored") }
            record.text = prompt + completion
            record.promptBytes = prompt.count
        case (nil, nil) where found[name] != nil: throw bad("the field \"\(name)\" must be a string, it is null")
        case (nil, nil): throw bad("expected the field \"\(name)\", or \"prompt\" and \"completion\"")
        case (nil, _?): throw bad("\"completion\" needs a \"prompt\" beside it")
        case (_?, nil): throw bad("\"prompt\" needs a \"completion\" beside it")
        }
        return record
    }
}
