/// What a JSON object says as a document of a corpus.
struct RecordLine {
    let fields: RecordFields
    let file: String
    /// Number of the line, from 1.
    let number: Int

    /// - Parameters:
    ///   - found: of the fields those that the object has.
    ///   - tokens: the document, where it came as ids.
    /// - Throws: `CorpusError.badLine`.
    func record(
        _ found: [String: JSONObjectLine.Value], tokens: TextRecord.Tokens? = nil
    ) throws(CorpusError) -> TextRecord {
        func bad(_ reason: String) -> CorpusError { .badLine(file: file, line: number, reason: reason) }
        func isGiven(_ name: String) -> Bool { found[name] != nil && found[name] != .other("null") }
        func string(_ name: String) throws(CorpusError) -> [UInt8]? {
            guard isGiven(name) else { return nil }
            switch found[name] {
            case nil: return nil
            case .string(let bytes): return bytes
            case .other(let kind): throw bad("the field \"\(name)\" must be a string, it is \(kind)")
            }
        }
        _ = try string("domain")
        guard found["domain"]?.text != "" else {
            throw bad(
                "the field \"domain\" is empty: expected a name; a document without a domain leaves the field out")
        }
        var record = TextRecord(
            text: [], id: found["id"]?.text, domain: found["domain"]?.text, file: file, line: number)
        record.tokens = tokens
        guard tokens == nil else { return record }
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
