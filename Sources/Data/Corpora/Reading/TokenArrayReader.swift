import Digests
import Tokenizers

/// The documents of a pre-tokenized array: ids end to end, each document closed by the end-of-sequence id, which belongs to it. A NumPy
/// `.npy` file with its header, or the bare array that OLMo's memmaps are. Memory: one document and one block.
struct TokenArrayReader {
    /// A document longer than this is taken for an array of another kind.
    static let maxDocumentTokens = 1 << 26

    let path: String
    let encoder: DocumentEncoder
    /// Of an array without header; nil: the smallest that holds the vocabulary.
    let bareElement: TokenElement?
    var maxDocumentTokens = TokenArrayReader.maxDocumentTokens

    /// Returns the SHA-256 of the file's bytes as they were read, and whether it is a bare array.
    func forEach(
        counter: ByteCounter? = nil, _ body: (Document) throws -> Void
    ) throws -> (digest: SHA256Digest, isBare: Bool) {
        var file = try ByteFile(path, counter: counter)
        var buffer: [UInt8] = []
        while buffer.count < 8192, try file.read(into: &buffer) {}
        try FileHead.refusePointer(buffer, file: path)
        let header = try NumpyHeader(buffer[...], file: path)
        let element =
            header?.element ?? bareElement ?? TokenElement.smallest(forVocabulary: encoder.tokenizer.vocabularySize)
        if header == nil { try refuseNarrow(element) }
        buffer.removeFirst(header?.dataOffset ?? 0)
        guard let end = encoder.endOfSequence else {
            throw CorpusError.noEndOfSequence(file: path, tokens: header?.count ?? 0, id: nil)
        }
        var splitter = DocumentSplitter(path: path, encoder: encoder, end: end, maxTokens: maxDocumentTokens)
        var width = ElementWidth(element)
        var atEnd = false
        while !atEnd {
            atEnd = try !file.read(into: &buffer)
            let unit = atEnd ? element.byteCount : ElementWidth.groupBytes
            let whole = buffer.count / unit * unit
            try buffer.withUnsafeBytes { bytes in
                let elements = UnsafeRawBufferPointer(rebasing: bytes[..<whole])
                if header == nil { try width.check(elements, atEnd: atEnd, file: path) }
                try element.forEach(elements) { try splitter.add($0, body) }
            }
            buffer.removeFirst(whole)
        }
        guard buffer.isEmpty, splitter.position == header?.count ?? splitter.position else {
            let expected = header.map { "\($0.count) elements" } ?? "a multiple of \(element.byteCount) bytes"
            throw CorpusError.badTokenArray(
                file: path,
                reason: "expected \(expected) of \(element), got \(splitter.position) and \(buffer.count) bytes")
        }
        try splitter.finish(body)
        return (file.digest, header == nil)
    }

    /// A type that cannot hold half of the ids is not what the array was written as. (One that lacks a few added tokens may be.)
    private func refuseNarrow(_ element: TokenElement) throws(CorpusError) {
        let vocabulary = encoder.tokenizer.vocabularySize
        guard element.largest < vocabulary / 2 else { return }
        throw CorpusError.badTokenArray(
            file: path,
            reason: "\(element) holds ids up to \(element.largest), but the vocabulary has \(vocabulary) (--npy-dtype)")
    }
}

/// Cuts a stream of ids behind each end-of-sequence id.
private struct DocumentSplitter {
    let path: String
    let encoder: DocumentEncoder
    let end: Int32
    let maxTokens: Int
    private(set) var position = 0
    private var isSplit = false
    private var ids: [Int32] = []
    /// The last of the other ends that was met.
    private var otherEnd: Int32?

    init(path: String, encoder: DocumentEncoder, end: Int32, maxTokens: Int) {
        self.path = path
        self.encoder = encoder
        self.end = end
        self.maxTokens = maxTokens
    }

    mutating func add(_ id: Int, _ body: (Document) throws -> Void) throws {
        let id = try encoder.checked(id, file: path, position: position)
        ids.append(id)
        position += 1
        if !encoder.otherEnds.isEmpty, encoder.otherEnds.contains(id) { otherEnd = id }
        if id == end {
            isSplit = true
            try take(body)
        } else if ids.count > maxTokens {
            throw noEnd
        }
    }

    /// At the end of the file: the last document may lack its end.
    mutating func finish(_ body: (Document) throws -> Void) throws {
        guard let last = ids.last else { return }
        if encoder.otherEnds.contains(last) {
            throw CorpusError.otherEndOfSequence(file: path, expected: end, got: last)
        }
        // Not one end in the whole file: the ids are not what they are taken for.
        guard isSplit else { throw noEnd }
        try take(body)
    }

    private var noEnd: CorpusError {
        otherEnd.map { .otherEndOfSequence(file: path, expected: end, got: $0) }
            ?? .noEndOfSequence(file: path, tokens: ids.count, id: end)
    }

    private mutating func take(_ body: (Document) throws -> Void) throws {
        try body(encoder.document(ids))
        ids.removeAll(keepingCapacity: true)
    }
}
