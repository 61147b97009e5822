import Foundation

/// Writes a file front to back in large pieces, hashes its blocks on the way, and syncs it at the end.
struct BlockWriter: ~Copyable {
    private static let pieceBytes = 1 << 20

    let path: String
    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var hasher = BlockDigests.Hasher()
    private var isPatched = false

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    private static func failure(_ path: String) -> CorpusError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }

    mutating func append(_ values: some Sequence<some FixedWidthInteger & BitwiseCopyable>) throws {
        values.map(\.littleEndian).withUnsafeBytes { pending.append(contentsOf: $0) }
        if pending.count >= Self.pieceBytes { try flush() }
    }

    /// Replaces a number that was appended before.
    mutating func overwrite(_ value: some FixedWidthInteger, at offset: Int) throws {
        try flush()
        isPatched = true
        let count = withUnsafeBytes(of: value.littleEndian) {
            pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        guard count == value.bitWidth / 8 else { throw Self.failure(path) }
    }

    /// Returns the digests of what was written.
    mutating func finish() throws -> BlockDigests {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        if isPatched { try hashAgain() }
        return hasher.finish()
    }

    /// What was replaced had been hashed already.
    private mutating func hashAgain() throws {
        hasher = BlockDigests.Hasher()
        var file = try ByteFile(path, decompressing: false)
        var bytes: [UInt8] = []
        while try file.read(into: &bytes) {
            bytes.withUnsafeBytes { hasher.update($0) }
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func flush() throws {
        var written = 0
        while written < pending.count {
            let count = pending.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            guard count >= 0 || errno == EINTR else { throw Self.failure(path) }
            written += max(0, count)
        }
        pending.withUnsafeBytes { hasher.update($0) }
        pending.removeAll(keepingCapacity: true)
    }
}
