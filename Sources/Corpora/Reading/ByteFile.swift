import Compression
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

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CorpusError.unreadable(path: path, reason: String(cString: strerror(errno)))
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
        return count > 0
    }
}
