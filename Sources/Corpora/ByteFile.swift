import Foundation

/// A file read from the start in blocks: memory is one block, whatever the file's size.
struct ByteFile: ~Copyable {
    static let blockBytes = 1 << 20

    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CorpusError.unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

    /// Appends the next block to `buffer`; false at the end of the file.
    func read(into buffer: inout [UInt8]) throws -> Bool {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.blockBytes))
        let count = buffer.withUnsafeMutableBytes { bytes in
            var count: Int
            repeat {
                count = Glibc.read(descriptor, bytes.baseAddress! + start, Self.blockBytes)
            } while count < 0 && errno == EINTR
            return count
        }
        guard count >= 0 else { throw CorpusError.unreadable(path: path, reason: String(cString: strerror(errno))) }
        buffer.removeLast(Self.blockBytes - count)
        return count > 0
    }
}
