import JSONValues

/// A line that a program says which reads corpora.
enum ReaderAnswer {
    /// A document, or what is wrong with one.
    case record(Result<TextRecord, CorpusError>)
    /// A row that is no document.
    case bad(row: Int, reason: String)
    /// The end of what was asked for, and how many lines came before it.
    case end(lines: Int)
    /// What tells the bytes of an address from others.
    case key(String)

    private static let texts: Set<String> = ["text", "prompt", "completion", "id", "domain"]

    /// - Parameters:
    ///   - file: what is read, for errors.
    ///   - number: of the line among the answers, from 1.
    /// - Throws: `JSONError` for what is no answer.
    init(_ line: ArraySlice<UInt8>, file: String, number: Int) throws {
        var found: [String: JSONObjectLine.Value] = [:]
        var tokens: TextRecord.Tokens?
        var mask: [Int32]?
        var other: ReaderAnswer?
        try JSONReader.read(line, checksUTF8: false) { reader in
            try reader.object { reader, key in
                switch key {
                case "ids": tokens = TextRecord.Tokens(ids: try reader.int32s())
                case "mask": mask = try reader.int32s()
                case "end": other = .end(lines: try reader.int())
                case "key": other = .key(try reader.string())
                case "bad": other = try Self.bad(&reader)
                case _ where Self.texts.contains(key): found[key] = try JSONObjectLine.value(&reader)
                default: try reader.skip()
                }
            }
        }
        if let other {
            self = other
            return
        }
        if let mask, let ids = tokens?.ids {
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
