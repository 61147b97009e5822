import System

/// Writes a file front to back in large pieces, hashes its blocks on the way, and syncs it at the end.
struct BlockWriter: ~Copyable {
    private static let pieceBytes = 1 << 20

    private let file: FileSink
    private var pending: [UInt8] = []
    private var hasher = BlockDigests.Hasher()
    private var isPatched = false

    init(_ path: String) throws {
        file = try CorpusError.writing(path) { () throws(SystemError) in try FileSink(path, .replacing) }
    }

    mutating func append(_ values: some Sequence<some FixedWidthInteger & BitwiseCopyable>) throws {
        values.map(\.littleEndian).withUnsafeBytes { pending.append(contentsOf: $0) }
        if pending.count >= Self.pieceBytes { try flush() }
    }

    /// Replaces a number that was appended before.
    mutating func overwrite(_ value: some FixedWidthInteger, at offset: Int) throws {
        try flush()
        isPatched = true
        try CorpusError.writing(file.path) { () throws(SystemError) in
            try withUnsafeBytes(of: value.littleEndian) { bytes throws(SystemError) in
                try file.overwrite(bytes, at: offset)
            }
        }
    }

    /// Returns the digests of what was written.
    mutating func finish() throws -> BlockDigests {
        try flush()
        try CorpusError.writing(file.path) { () throws(SystemError) in try file.synchronize() }
        if isPatched { try hashAgain() }
        return hasher.finish()
    }

    /// What was replaced had been hashed already.
    private mutating func hashAgain() throws {
        hasher = BlockDigests.Hasher()
        var written = try ByteFile(file.path, decompressing: false)
        var bytes: [UInt8] = []
        while try written.read(into: &bytes) {
            bytes.withUnsafeBytes { hasher.update($0) }
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func flush() throws {
        try CorpusError.writing(file.path) { () throws(SystemError) in try file.write(pending) }
        pending.withUnsafeBytes { hasher.update($0) }
        pending.removeAll(keepingCapacity: true)
    }
}
