import Foundation

/// Names of documents on disk: all their UTF-8 bytes behind one another, and where each ends. Not there where no document has one.
struct DocumentLabels: Sendable {
    private static let bytesFile = "/ids.bin"
    private static let endsFile = "/ids.ends"

    private let bytes: CheckedBytes
    private let ends: CheckedBytes

    /// nil where the token file at `path` has none.
    init?(_ path: String, documents: Int, _ table: DigestTable) throws {
        guard table.holds(Self.endsFile) else { return nil }
        bytes = try CheckedBytes(path, Self.bytesFile, table)
        ends = try CheckedBytes(path, Self.endsFile, table)
        guard ends.count == documents * MemoryLayout<UInt64>.size else {
            throw CorpusError.damagedCache(path: path, reason: "ids.ends has the wrong size")
        }
    }

    /// nil for a document without a name.
    func label(_ index: Int) throws -> String? {
        let start = index == 0 ? 0 : try end(index - 1)
        let end = try end(index)
        guard start < end, end <= bytes.count else { return nil }
        return String(decoding: try bytes.bytes(start..<end), as: UTF8.self)
    }

    private func end(_ index: Int) throws -> Int {
        let word = try ends.bytes(index * 8..<index * 8 + 8)
        return Int(clamping: UInt64(littleEndian: word.loadUnaligned(as: UInt64.self)))
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

        /// Returns the digests of the files by name; none where no document has a name.
        mutating func finish() throws -> [String: BlockDigests] {
            let digests = [
                DocumentLabels.bytesFile: try bytes.finish(), DocumentLabels.endsFile: try ends.finish(),
            ]
            guard count == 0 else { return digests }
            for file in digests.keys { unlink(path + file) }
            return [:]
        }
    }
}
