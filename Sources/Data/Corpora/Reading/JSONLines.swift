import Digests

/// The lines of a file that has one JSON object a line, blank ones passed over.
struct JSONLines {
    let path: String
    let maxLineBytes: Int

    /// Hands the lines to `body` with their numbers, from 1, in the order of the file; one beyond the limit as a failure. Whether a line is
    /// JSON is not looked at.
    ///
    /// - Parameter counter: counts the bytes on disk as they are read.
    /// - Throws: `CorpusError.unreadable` for a file that cannot be read, or is one JSON value over many lines; what `body` throws.
    /// - Returns: the SHA-256 of the file's bytes as they were read.
    @discardableResult
    func forEach(
        counter: ByteCounter? = nil, _ body: (Result<ArraySlice<UInt8>, CorpusError>, _ number: Int) throws -> Void
    ) throws -> SHA256Digest {
        var lines = try LineReader(path, maxLineBytes: maxLineBytes, counter: counter)
        var isFirst = true
        while let line = try lines.next() {
            if case .success(let bytes) = line {
                guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
                if isFirst { try refuseOneValue(bytes) }
            }
            isFirst = false
            try body(line, lines.lineNumber)
        }
        return lines.digest
    }

    /// A file that is one JSON value over many lines has no line that is an object.
    private func refuseOneValue(_ line: ArraySlice<UInt8>) throws(CorpusError) {
        let visible = line.filter { $0 != 0x20 && $0 != 0x09 }
        let (array, object) = (UInt8(ascii: "["), UInt8(ascii: "{"))
        func refusal(_ what: String, _ command: String) -> CorpusError {
            .unreadable(
                path: path, reason: "it is \(what), expected one object a line; \(command) makes that of it")
        }
        if visible == [array] || visible.starts(with: [array, object]) {
            throw refusal("a JSON array", "jq -c '.[]'")
        }
        if visible == [object] { throw refusal("JSON over several lines", "jq -c .") }
    }
}
