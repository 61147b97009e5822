import Foundation

/// How corpus files are read, beside what their names say.
package struct RecordFields: Sendable, Equatable {
    /// The field that holds the whole document. Lines with `prompt` and `completion` need none.
    package var text: String
    /// Elements of a token array without header; nil: the smallest unsigned type that holds the vocabulary.
    package var bareElement: TokenElement?

    package init(text: String = "text", bareElement: TokenElement? = nil) {
        self.text = text
        self.bareElement = bareElement
    }

    var wanted: Set<String> { [text, "prompt", "completion", "id", "domain"] }
}

/// The documents of one corpus file with text in file order; nothing but the current one is in memory.
///
/// A JSON line has the field `text` (or another name), or `prompt` and `completion`: then the document is both, one after the
/// other, and the prompt is context. `id` and `domain` (strings) are optional, other fields are ignored, blank lines skipped.
/// A plain text file is one document.
package struct RecordReader: Sendable {
    package let file: CorpusFiles.File
    package let fields: RecordFields

    package init(_ file: CorpusFiles.File, fields: RecordFields = RecordFields()) {
        self.file = file
        self.fields = fields
    }

    /// A line that cannot be read is handed on as a failure; what `body` throws ends the reading.
    package func forEach(_ body: (Result<TextRecord, CorpusError>) throws -> Void) throws {
        switch file.format {
        case .jsonLines: try forEachLine(body)
        case .plainText: try body(.success(TextRecord(text: wholeFile(), file: file.path, line: 1)))
        case .tokenArray, .megatron: preconditionFailure("\(file.path) holds token ids, not text")
        }
    }

    private func forEachLine(_ body: (Result<TextRecord, CorpusError>) throws -> Void) throws {
        var lines = try LineReader(file.path)
        while let line = try lines.next() {
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            let number = lines.lineNumber
            try body(Result { () throws(CorpusError) in try record(line, number: number) })
        }
    }

    private func wholeFile() throws -> [UInt8] {
        var source = try ByteFile(file.path)
        var bytes: [UInt8] = []
        while try source.read(into: &bytes) {
            guard bytes.count <= LineReader.maxLineBytes else {
                throw CorpusError.lineTooLong(file: file.path, line: 1, limitBytes: LineReader.maxLineBytes)
            }
        }
        return bytes
    }

    private func record(_ line: ArraySlice<UInt8>, number: Int) throws(CorpusError) -> TextRecord {
        func bad(_ reason: String) -> CorpusError { .badLine(file: file.path, line: number, reason: reason) }
        let found: [String: JSONObjectLine.Value]
        do {
            found = try JSONObjectLine.fields(fields.wanted, of: line)
        } catch {
            throw bad("\(error.reason) (column \(error.column))")
        }
        func string(_ name: String) throws(CorpusError) -> [UInt8]? {
            switch found[name] {
            case nil: return nil
            case .string(let bytes): return bytes
            case .other(let kind): throw bad("the field \"\(name)\" must be a string, it is \(kind)")
            }
        }
        func label(_ name: String) -> String? {
            guard case .string(let bytes) = found[name] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        var record = TextRecord(
            text: [], id: label("id"), domain: label("domain"), file: file.path, line: number)
        switch (try string(fields.text), try string("prompt"), try string("completion")) {
        case (let text?, nil, nil):
            record.text = text
        case (nil, let prompt?, let completion?):
            guard !completion.isEmpty else { throw bad("\"completion\" is empty: nothing would be scored") }
            record.text = prompt + completion
            record.promptBytes = prompt.count
        case (nil, nil, nil):
            throw bad("expected the field \"\(fields.text)\", or \"prompt\" and \"completion\"")
        case (nil, nil, _?): throw bad("\"completion\" needs a \"prompt\" beside it")
        case (nil, _?, nil): throw bad("\"prompt\" needs a \"completion\" beside it")
        case (_?, _, _): throw bad("expected \"\(fields.text)\" or \"prompt\" and \"completion\", not both")
        }
        return record
    }
}
