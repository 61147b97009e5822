import Digests

/// The index of a Megatron pair, checked as a whole: what it says of the data is true of every sequence, or it is refused.
///
/// Layout (Megatron-LM's indexed dataset, little-endian): magic, version u64 = 1, element type u8, sequences u64, entries of the document
/// index u64; then lengths i32 and byte offsets i64 of the sequences, which lie end to end; the document index i64, numbers of the
/// first sequence of each document (from 0, the last is the number of sequences); and of multimodal data a mode i8 of each sequence.
struct MegatronIndex {
    private static let magic = Array("MMIDIDX".utf8) + [0, 0]
    private static let headerBytes = 34
    /// What Megatron's codes stand for; ids are integers.
    private static let codeNames: [UInt8: String] = [
        1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float64", 7: "float32", 8: "uint16",
    ]

    let path: String
    let element: TokenElement
    let digest: SHA256Digest
    private let bytes: [UInt8]
    private let sequenceCount: Int
    private let documentEntries: Int

    var documentCount: Int { documentEntries - 1 }

    init(_ path: String) throws {
        self.path = path
        var file = try ByteFile(path, decompressing: false)
        var bytes: [UInt8] = []
        while try file.read(into: &bytes) {}
        digest = file.digest
        try FileHead.refusePointer(bytes, file: path)
        func bad(_ reason: String) -> CorpusError { .badTokenArray(file: path, reason: reason) }
        element = try Self.element(bytes, path)
        self.bytes = bytes
        let (sequences, entries) = (Self.integer(bytes, 18), Self.integer(bytes, 26))
        guard (0...bytes.count).contains(sequences), (0...bytes.count).contains(entries) else {
            throw bad("it is shorter than its \(sequences) sequences and \(entries) document entries")
        }
        (sequenceCount, documentEntries) = (sequences, entries)
        let expected = Self.headerBytes + sequences * 12 + entries * 8
        guard bytes.count == expected || bytes.count == expected + sequences else {
            throw bad(
                "\(bytes.count) bytes, but \(sequences) sequences and \(entries) document entries take \(expected) "
                    + "(with modes \(expected + sequences))")
        }
        guard bytes[expected...].allSatisfy({ $0 == 0 }) else {
            throw bad("sequences of a mode other than 0: multimodal data, of which only the text could be read")
        }
        try checkDocuments()
    }

    /// How the ids are stored, from the index's first block alone.
    static func element(_ path: String) throws -> TokenElement {
        var file = try ByteFile(path, decompressing: false)
        var bytes: [UInt8] = []
        while bytes.count < headerBytes, try file.read(into: &bytes) {}
        return try element(bytes, path)
    }

    /// What the header says; `bytes` are the whole index, or its beginning.
    private static func element(_ bytes: [UInt8], _ path: String) throws(CorpusError) -> TokenElement {
        func bad(_ reason: String) -> CorpusError { .badTokenArray(file: path, reason: reason) }
        guard bytes.count >= headerBytes, bytes.starts(with: magic) else {
            throw bad("it does not begin as a Megatron index (MMIDIDX)")
        }
        let (version, code) = (integer(bytes, 9), bytes[17])
        guard version == 1 else { throw bad("version \(version), expected 1") }
        guard let element = TokenElement(megatronCode: code) else {
            throw bad("elements of type code \(code) (\(codeNames[code] ?? "unknown")), expected a type of ids")
        }
        return element
    }

    /// Throws unless the sequences lie end to end and fill the data.
    func checkData(bytes dataBytes: Int, path dataPath: String) throws(CorpusError) {
        var end = 0
        for sequence in 0..<sequenceCount {
            let (length, offset) = (
                length(sequence), Self.integer(bytes, Self.headerBytes + sequenceCount * 4 + sequence * 8)
            )
            guard length >= 0, offset == end else {
                throw .badTokenArray(
                    file: path,
                    reason:
                        "sequence \(sequence) has \(length) tokens at byte \(offset), but the one before ends at byte \(end)"
                )
            }
            end += length * element.byteCount
        }
        guard dataBytes == end else {
            throw .badTokenArray(
                file: path,
                reason:
                    "its sequences end at byte \(end), but \(dataPath) has \(dataBytes): it belongs to another index, or is cut"
            )
        }
    }

    func tokenCount(ofDocument document: Int) throws(CorpusError) -> Int {
        let tokens = (entry(document)..<entry(document + 1)).reduce(0) { $0 + length($1) }
        guard tokens <= TokenArrayReader.maxDocumentTokens else {
            throw .badTokenArray(
                file: path, reason: "document \(document) has more than \(TokenArrayReader.maxDocumentTokens) tokens")
        }
        return tokens
    }

    /// First items of the documents, and behind them the number of items.
    func documentStarts() throws(CorpusError) -> [Int] {
        var starts = [0]
        starts.reserveCapacity(documentEntries)
        for document in 0..<documentCount { starts.append(starts[document] + (try tokenCount(ofDocument: document))) }
        return starts
    }

    private func checkDocuments() throws(CorpusError) {
        func bad(_ reason: String) -> CorpusError { .badTokenArray(file: path, reason: "its document index " + reason) }
        guard documentEntries > 0, entry(0) == 0 else { throw bad("does not begin with sequence 0") }
        for document in 0..<documentCount where entry(document) > entry(document + 1) {
            throw bad(
                "goes back from sequence \(entry(document)) to \(entry(document + 1)) behind document \(document)")
        }
        guard entry(documentCount) == sequenceCount else {
            throw bad("ends at sequence \(entry(documentCount)) of \(sequenceCount)")
        }
    }

    private func length(_ sequence: Int) -> Int {
        let offset = Self.headerBytes + sequence * 4
        return bytes.withUnsafeBytes {
            Int(Int32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
        }
    }

    private func entry(_ number: Int) -> Int {
        Self.integer(bytes, Self.headerBytes + sequenceCount * 12 + number * 8)
    }

    private static func integer(_ bytes: [UInt8], _ offset: Int) -> Int {
        bytes.withUnsafeBytes { Int(Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self))) }
    }
}
