import Foundation

/// Names of documents on disk: all their UTF-8 bytes behind one another, and where each ends. Not there where no document has one.
struct DocumentLabels: Sendable {
    private static let bytesFile = "/ids.bin"
    private static let endsFile = "/ids.ends"

    private let bytes: MappedBytes
    private let ends: MappedBytes

    /// nil where the token file at `path` has none.
    init?(_ path: String, documents: Int) throws {
        guard FileManager.default.fileExists(atPath: path + Self.endsFile) else { return nil }
        bytes = try MappedBytes(path + Self.bytesFile)
        ends = try MappedBytes(path + Self.endsFile)
        guard ends.bytes.count == documents * MemoryLayout<UInt64>.size else {
            throw CorpusError.damagedCache(path: path, reason: "ids.ends has the wrong size")
        }
    }

    /// nil for a document without a name.
    func label(_ index: Int) -> String? {
        let start = index == 0 ? 0 : end(index - 1)
        let end = end(index)
        guard start < end, end <= bytes.bytes.count else { return nil }
        return String(decoding: bytes.bytes[start..<end], as: UTF8.self)
    }

    private func end(_ index: Int) -> Int {
        Int(clamping: UInt64(littleEndian: ends.bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
    }

    struct Writer: ~Copyable {
        private let path: String
        private var bytes: BlockWriter
        private var ends: BlockWriter
        private var count: UInt64 = 0

        init(_ path: String) throws {
            let bytes = try BlockWriter(path + DocumentLabels.bytesFile)
            let ends = try BlockWriter(path + DocumentLabels.endsFile)
            self.path = path
            self.bytes = bytes
            self.ends = ends
        }

        mutating func append(_ label: String?) throws {
            let utf8 = Array((label ?? "").utf8)
            count += UInt64(utf8.count)
            try bytes.append(utf8)
            try ends.append(CollectionOfOne(count))
        }

        mutating func finish() throws {
            try bytes.finish()
            try ends.finish()
            guard count == 0 else { return }
            for file in [DocumentLabels.bytesFile, DocumentLabels.endsFile] { unlink(path + file) }
        }
    }
}
