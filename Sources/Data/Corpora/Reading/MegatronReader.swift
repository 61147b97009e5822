import Digests

/// The documents of a Megatron pair: NAME.bin holds ids, NAME.idx says where each sequence lies and which sequences are a document.
/// The data is read from front to back; memory is the index and one document.
struct MegatronReader {
    let indexPath: String
    let encoder: DocumentEncoder

    static func dataPath(_ indexPath: String) -> String { indexPath.dropLast("idx".count) + "bin" }

    /// Returns the SHA-256 of the bytes of both files as they were read: the index, the data.
    func forEach(counter: ByteCounter? = nil, _ body: (Document) throws -> Void) throws -> [SHA256Digest] {
        let index = try MegatronIndex(indexPath)
        let path = Self.dataPath(indexPath)
        var data = try ByteFile(path, decompressing: false, counter: counter)
        try index.checkData(bytes: data.byteCount, path: path)
        var (buffer, start, position) = ([UInt8](), 0, 0)
        for document in 0..<index.documentCount {
            let bytes = try index.tokenCount(ofDocument: document) * index.element.byteCount
            if buffer.count - start < bytes {
                buffer.removeFirst(start)
                start = 0
                while buffer.count < bytes {
                    guard try data.read(into: &buffer) else { throw CorpusError.changedWhileRead(path: path) }
                }
            }
            var ids: [Int32] = []
            ids.reserveCapacity(bytes / index.element.byteCount + 1)
            try buffer.withUnsafeBytes { buffer in
                try index.element.forEach(UnsafeRawBufferPointer(rebasing: buffer[start..<start + bytes])) {
                    ids.append(try encoder.checked($0, file: path, position: position))
                    position += 1
                }
            }
            start += bytes
            try body(encoder.document(ids))
        }
        while try data.read(into: &buffer) { buffer.removeAll(keepingCapacity: true) }
        return [index.digest, data.digest]
    }
}
