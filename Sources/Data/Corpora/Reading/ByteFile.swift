import Compression
import Digests
import Foundation

/// A file read from the start in blocks: memory is one block, whatever the file's size. `.gz` and `.zst` come out decompressed.
struct ByteFile: ~Copyable {
    let path: String
    private let blocks: FileBlocks
    private var decompressed: DecompressingReader?

    init(_ path: String, decompressing: Bool = true) throws {
        self.path = path
        let blocks = try FileBlocks(path)
        let format = decompressing ? CompressionFormat(path: path) : nil
        do {
            decompressed = try format.map { try DecompressingReader($0) { try blocks.read(into: &$0) } }
        } catch {
            throw CorpusError.unreadable(path: path, reason: "\(error)")
        }
        self.blocks = blocks
    }

    /// SHA-256 of the bytes on disk that were read so far; once `read` was false, of the whole file as it was read.
    var digest: SHA256Digest { blocks.hasher.finalize() }

    /// On disk, when it was opened.
    var byteCount: Int { blocks.byteCount }

    /// Appends the next block to `buffer`; false at the end of the file.
    mutating func read(into buffer: inout [UInt8]) throws -> Bool {
        do {
            guard let more = try decompressed?.read(into: &buffer) else { return try blocks.read(into: &buffer) }
            return more
        } catch let error as CompressionError {
            throw CorpusError.unreadable(path: path, reason: "\(error)")
        }
    }
}

/// The bytes of a file as they are.
private final class FileBlocks {
    private static let blockBytes = 1 << 20

    private let path: String
    private let descriptor: Int32
    let byteCount: Int
    private(set) var hasher = SHA256Hasher()

    /// A pipe is refused (and not waited for): a corpus is read twice, for its key and for its text.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CorpusError.unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        byteCount = Int(status.st_size)
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            throw CorpusError.unreadable(path: path, reason: "it is not a regular file")
        }
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

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
        buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        return count > 0
    }
}
