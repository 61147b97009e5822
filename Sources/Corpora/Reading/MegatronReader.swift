/// The documents of a Megatron pair: NAME.bin holds ids, NAME.idx says where each sequence lies and which sequences are a document.
/// Both are mapped: memory is one document.
///
/// Layout of the index (Megatron-LM's indexed dataset, little-endian): magic, version u64 = 1, element type u8, sequences u64,
/// entries of the document index u64; then lengths i32, byte offsets i64, the document index i64 (first 0, last the number of
/// sequences). What may follow (modes of multimodal data) is not read.
struct MegatronReader {
    private static let magic = Array("MMIDIDX".utf8) + [0, 0]
    private static let headerBytes = 34

    let indexPath: String
    let encoder: DocumentEncoder

    static func dataPath(_ indexPath: String) -> String { indexPath.dropLast("idx".count) + "bin" }

    func forEach(_ body: (Document) throws -> Void) throws {
        let index = try Index(indexPath)
        let data = try MappedBytes(Self.dataPath(indexPath))
        for document in 0..<index.documentCount {
            var ids: [Int32] = []
            for range in try ranges(document, index, data.bytes.count) {
                var position = range.lowerBound / index.element.byteCount
                try index.element.forEach(UnsafeRawBufferPointer(rebasing: data.bytes[range])) {
                    ids.append(try encoder.checked($0, file: Self.dataPath(indexPath), position: position))
                    position += 1
                }
            }
            if !ids.isEmpty { try body(encoder.document(ids)) }
        }
    }

    /// Where the ids of a document lie in the data, whose size is given.
    private func ranges(_ document: Int, _ index: Index, _ dataBytes: Int) throws -> [Range<Int>] {
        var bytes = 0
        return try index.sequences(ofDocument: document).map { sequence in
            let range = try index.byteRange(ofSequence: sequence)
            guard range.upperBound <= dataBytes else {
                throw CorpusError.badTokenArray(
                    file: indexPath,
                    reason:
                        "sequence \(sequence) ends at byte \(range.upperBound), but \(Self.dataPath(indexPath)) has \(dataBytes)"
                )
            }
            bytes += range.count
            // Sequences may overlap: a small index could ask for more than any memory holds.
            guard bytes / index.element.byteCount <= TokenArrayReader.maxDocumentTokens else {
                throw CorpusError.badTokenArray(
                    file: indexPath,
                    reason: "document \(document) has more than \(TokenArrayReader.maxDocumentTokens) tokens")
            }
            return range
        }
    }

    private struct Index {
        let path: String
        let file: MappedBytes
        let element: TokenElement
        let sequenceCount: Int
        let documentEntries: Int

        var documentCount: Int { max(0, documentEntries - 1) }

        init(_ path: String) throws {
            self.path = path
            file = try MappedBytes(path)
            func bad(_ reason: String) -> CorpusError { .badTokenArray(file: path, reason: reason) }
            let bytes = file.bytes
            guard bytes.count >= headerBytes, bytes.starts(with: magic) else {
                throw bad("it does not begin as a Megatron index (MMIDIDX)")
            }
            func word(_ offset: Int) -> UInt64 {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            guard word(9) == 1 else { throw bad("version \(word(9)), expected 1") }
            guard let element = TokenElement(megatronCode: bytes[17]) else {
                throw bad("elements of type code \(bytes[17]), expected integers")
            }
            self.element = element
            let most = UInt64(bytes.count)
            guard word(18) <= most, word(26) <= most,
                headerBytes + Int(word(18)) * 12 + Int(word(26)) * 8 <= bytes.count
            else { throw bad("it is shorter than its \(word(18)) sequences and \(word(26)) document entries") }
            sequenceCount = Int(word(18))
            documentEntries = Int(word(26))
        }

        func sequences(ofDocument document: Int) throws -> Range<Int> {
            let start = headerBytes + sequenceCount * 12 + document * 8
            let (first, end) = (integer(start), integer(start + 8))
            guard first >= 0, first <= end, end <= sequenceCount else {
                throw CorpusError.badTokenArray(
                    file: path, reason: "document \(document) is sequences \(first) to \(end) of \(sequenceCount)")
            }
            return first..<end
        }

        func byteRange(ofSequence sequence: Int) throws -> Range<Int> {
            let length = Int(
                Int32(
                    littleEndian: file.bytes.loadUnaligned(
                        fromByteOffset: headerBytes + sequence * 4, as: Int32.self)))
            let offset = integer(headerBytes + sequenceCount * 4 + sequence * 8)
            let (end, overflow) = offset.addingReportingOverflow(length * element.byteCount)
            guard length >= 0, offset >= 0, !overflow else {
                throw CorpusError.badTokenArray(
                    file: path, reason: "sequence \(sequence) has \(length) tokens at byte \(offset)")
            }
            return offset..<end
        }

        private func integer(_ offset: Int) -> Int {
            Int(Int64(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
        }
    }
}
