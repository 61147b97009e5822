import Foundation

/// Writes a file front to back in large blocks and syncs it at the end.
struct BlockWriter: ~Copyable {
    private static let blockBytes = 1 << 20

    let path: String
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    private static func failure(_ path: String) -> CorpusError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }

    mutating func append(_ values: some Sequence<some FixedWidthInteger>) throws {
        for value in values {
            withUnsafeBytes(of: value.littleEndian) { pending.append(contentsOf: $0) }
        }
        if pending.count >= Self.blockBytes { try flush() }
    }

    /// Replaces a number that was appended before.
    mutating func overwrite(_ value: some FixedWidthInteger, at offset: Int) throws {
        try flush()
        let count = withUnsafeBytes(of: value.littleEndian) {
            pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        guard count == value.bitWidth / 8 else { throw Self.failure(path) }
    }

    mutating func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    private mutating func flush() throws {
        var written = 0
        while written < pending.count {
            let count = pending.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            guard count >= 0 || errno == EINTR else { throw Self.failure(path) }
            written += max(0, count)
        }
        pending.removeAll(keepingCapacity: true)
    }
}
