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
            let answer = try Self.answer(program, file, number: 1, onWait)
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
        try withProgram(file) { program in
            let request = Self.request { writer in
                writer.field("read", file.path)
                if let text = fields.text { writer.field("text_field", text) }
                if let tokenizer { writer.field("tokenizer", tokenizer) }
            }
            try program.ask(request, about: file.path, onWait: onWait)
            var count = 0
            while true {
                switch try Self.answer(program, file, number: count + 1, onWait) {
                case .record(let record): try body(record)
                case .bad(let row, let reason):
                    try body(.failure(.badLine(file: file.path, line: row, reason: reason)))
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

    private static func answer(
        _ program: ReaderProgram, _ file: CorpusFiles.File, number: Int, _ onWait: () throws -> Void
    ) throws -> ReaderAnswer {
        let line = try program.line(onWait: onWait)
        do {
            return try ReaderAnswer(line, file: file.path, number: number)
        } catch let error as JSONError {
            let shown = String(decoding: line.prefix(80), as: UTF8.self).debugDescription
            throw program.failure("said what is no answer, as line \(number): \(shown): \(error)")
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
