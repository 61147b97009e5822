import Digests
import JSONValues

/// The programs that read a corpus, each started when something is first asked of it, and then asked about one file after the other.
package final class RunningReaders {
    private let tokenizer: String?
    private var running: [String: ReaderProgram] = [:]

    /// - Parameter tokenizer: directory of the tokenizer that conversations are rendered and encoded with.
    package init(tokenizer: String?) { self.tokenizer = tokenizer }

    /// What tells the bytes at an address from others, without reading them: the program says it.
    func key(_ file: CorpusFiles.File, onWait: () throws -> Void) throws -> SHA256Digest {
        try withProgram(file) { program in
            try program.ask(Self.request { $0.field("key", file.path) }, about: file.path, onWait: onWait)
            let answer = try Self.answer(program, number: 1, onWait) {
                try ReaderAnswer(document: $0, file: file.path, number: $1)
            }
            guard case .key(let key) = answer else { throw program.failure(#"did not answer {"key": ...}"#) }
            var hasher = SHA256Hasher()
            hasher.update(field: key)
            return hasher.finalize()
        }
    }

    /// Hands the documents that the program gives to `body`, in order; a row that is none is handed on as a failure.
    ///
    /// - Throws: `CorpusError.readerFailed` for a program that ends, says what is no answer, or whose answer is cut.
    func forEach(
        _ file: CorpusFiles.File, fields: RecordFields, onWait: () throws -> Void,
        _ body: (Result<TextRecord, CorpusError>) throws -> Void
    ) throws {
        let request = self.request("read", file, text: fields.text)
        try ask(file, request, onWait, parse: { try ReaderAnswer(document: $0, file: file.path, number: $1) }) {
            switch $0 {
            case .success(let record): try body(record)
            case .failure(let bad): try body(.failure(.badLine(file: file.path, line: bad.row, reason: bad.reason)))
            }
        }
    }

    /// Hands the prompts that the program gives to `body`, in order; a row that gives none is handed on as a failure.
    ///
    /// - Throws: as for documents.
    func forEachPrompt(
        _ file: CorpusFiles.File, onWait: () throws -> Void, _ body: (Result<PromptRecord, PromptFault>) throws -> Void
    ) throws {
        try ask(file, request("prompts", file), onWait, parse: { try ReaderAnswer(prompt: $0, number: $1) }) {
            try body($0.mapError { PromptFault(row: $0.row, reason: "cannot be made: \($0.reason)") })
        }
    }

    private func ask<Record>(
        _ file: CorpusFiles.File, _ request: [UInt8], _ onWait: () throws -> Void,
        parse: (ArraySlice<UInt8>, Int) throws -> ReaderAnswer<Record>,
        _ body: (Result<Record, BadRow>) throws -> Void
    ) throws {
        try withProgram(file) { program in
            try program.ask(request, about: file.path, onWait: onWait)
            var count = 0
            while true {
                switch try Self.answer(program, number: count + 1, onWait, parse) {
                case .record(let record): try body(.success(record))
                case .bad(let row, let reason): try body(.failure(BadRow(row: row, reason: reason)))
                case .key: throw program.failure("gave a key, and was asked for documents")
                case .end(let lines):
                    guard lines == count else {
                        throw program.failure("gave \(count) lines, and says that it gave \(lines)")
                    }
                    return
                }
                count += 1
            }
        }
    }

    /// A row of which the program says what is wrong with it.
    private struct BadRow: Error {
        let row: Int
        let reason: String
    }

    private static func answer<Record>(
        _ program: ReaderProgram, number: Int, _ onWait: () throws -> Void,
        _ parse: (ArraySlice<UInt8>, Int) throws -> ReaderAnswer<Record>
    ) throws -> ReaderAnswer<Record> {
        let line = try program.line(onWait: onWait)
        do {
            return try parse(line, number)
        } catch let error as JSONError {
            let shown = String(decoding: line.prefix(80), as: UTF8.self).debugDescription
            throw program.failure("said what is no answer, as line \(number): \(shown): \(error)")
        }
    }

    private func request(_ kind: String, _ file: CorpusFiles.File, text: String? = nil) -> [UInt8] {
        Self.request { writer in
            writer.field(kind, file.path)
            if let text { writer.field("text_field", text) }
            if let tokenizer { writer.field("tokenizer", tokenizer) }
        }
    }

    private static func request(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// A program that was left in the middle of an answer is not asked again.
    private func withProgram<Result>(
        _ file: CorpusFiles.File, _ body: (ReaderProgram) throws -> Result
    ) throws -> Result {
        guard let command = file.reader?.program else { preconditionFailure("\(file.path) is read here") }
        let program = try running[command] ?? ReaderProgram(command, maxLineBytes: RecordReader.maxLineBytes)
        running[command] = program
        do {
            return try body(program)
        } catch {
            running[command] = nil
            throw error
        }
    }
}
