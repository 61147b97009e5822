import JSONValues

/// A line that a program says which reads corpora.
enum ReaderAnswer<Record> {
    /// What was asked for.
    case record(Record)
    /// A row that gives nothing of the kind.
    case bad(row: Int, reason: String)
    /// The end of what was asked for, and how many lines came before it.
    case end(lines: Int)
    /// What tells the bytes of an address from others.
    case key(String)

    /// Reads the value of a member that every answer may have; nil, and nothing is read, for any other.
    private static func common(_ reader: inout JSONReader, _ key: String) throws -> ReaderAnswer? {
        switch key {
        case "end": .end(lines: try reader.int())
        case "key": .key(try reader.string())
        case "bad": try bad(&reader)
        default: nil
        }
    }

    private static func bad(_ reader: inout JSONReader) throws -> ReaderAnswer {
        var (row, reason) = (0, "")
        try reader.object { reader, key in
            switch key {
            case "row": row = try reader.int()
            case "reason": reason = try reader.string()
            default: try reader.skip()
            }
        }
        return .bad(row: row, reason: reason)
    }
}

extension ReaderAnswer where Record == Result<TextRecord, CorpusError> {
    private static var texts: Set<String> { ["text", "prompt", "completion", "id", "domain"] }

    /// A document, or what is wrong with one.
    ///
    /// - Parameters:
    ///   - file: what is read, for errors.
    ///   - number: of the line among the answers, from 1.
    /// - Throws: `JSONError` for what is no answer.
    init(document line: ArraySlice<UInt8>, file: String, number: Int) throws {
        var found: [String: JSONObjectLine.Value] = [:]
        var tokens: TextRecord.Tokens?
        var mask: [Int32]?
        var other: ReaderAnswer?
        try JSONReader.read(line, checksUTF8: false) { reader in
            try reader.object { reader, key in
                if let answer = try Self.common(&reader, key) {
                    other = answer
                    return
                }
                switch key {
                case "ids": tokens = TextRecord.Tokens(ids: try reader.int32s())
                case "mask": mask = try reader.int32s()
                case _ where Self.texts.contains(key): found[key] = try JSONObjectLine.value(&reader)
                default: try reader.skip()
                }
            }
        }
        if let other {
            self = other
            return
        }
        if let mask {
            guard let ids = tokens?.ids else {
                let reason = "a mask needs ids beside it: it says which of them are scored"
                self = .record(.failure(.badLine(file: file, line: number, reason: reason)))
                return
            }
            guard mask.count == ids.count, mask.allSatisfy({ $0 == 0 || $0 == 1 }) else {
                let reason = "expected a mask of 0 and 1 for each of \(ids.count) ids, got \(mask.count) numbers"
                self = .record(.failure(.badLine(file: file, line: number, reason: reason)))
                return
            }
            tokens?.mask = mask.map { $0 == 1 }
        }
        let document = RecordLine(fields: RecordFields(), file: file, number: number)
        self = .record(Result { () throws(CorpusError) in try document.record(found, tokens: tokens) })
    }
}

extension ReaderAnswer where Record == PromptRecord {
    /// A prompt with the other fields of its row.
    ///
    /// - Parameter number: of the line among the answers, from 1.
    /// - Throws: `JSONError` for what is no answer, a prompt without text among them.
    init(prompt line: ArraySlice<UInt8>, number: Int) throws {
        var record = PromptRecord(text: "")
        record.row = number
        var other: ReaderAnswer?
        try JSONReader.read(line) { reader in
            try reader.object { reader, key in
                if let answer = try Self.common(&reader, key) {
                    other = answer
                    return
                }
                switch key {
                case "prompt": record.text = try reader.string()
                case "ids": record.tokenIDs = try reader.int32s()
                case "fields":
                    guard try reader.peek() == .object else {
                        throw reader.invalid(expected: "an object", got: try reader.peek().rawValue)
                    }
                    record.fields = try reader.verbatim()
                default: try reader.skip()
                }
            }
            guard other != nil || !record.text.isEmpty, record.tokenIDs?.isEmpty != true else {
                throw reader.invalid(expected: "a prompt with text, and ids where there are some", got: "an empty one")
            }
        }
        self = other ?? .record(record)
    }
}
