import Compression
import Digests
import System

/// A file read from the start in blocks: memory is one block, whatever the file's size. `.gz` and `.zst` come out decompressed.
struct ByteFile: ~Copyable {
    let path: String
    private let blocks: FileBlocks
    private var decompressed: DecompressingReader?

    /// - Parameter counter: counts the bytes on disk as they are read.
    init(_ path: String, decompressing: Bool = true, counter: ByteCounter? = nil) throws {
        self.path = path
        let blocks = try FileBlocks(path, counter)
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

/// How many bytes on disk were read, of however many files.
package final class ByteCounter {
    /// Bytes that were read so far.
    package internal(set) var bytes = 0

    package init() {}
}

/// The bytes of a file as they are.
private final class FileBlocks {
    private static let blockBytes = 1 << 20

    let byteCount: Int
    private let file: OpenFile
    private let counter: ByteCounter?
    private var position = 0
    private(set) var hasher = SHA256Hasher()

    /// A pipe is refused: a corpus is read twice, for its key and for its text.
    init(_ path: String, _ counter: ByteCounter?) throws(CorpusError) {
        self.counter = counter
        (file, byteCount) = try CorpusError.reading(path) { () throws(SystemError) in
            let file = try OpenFile(path: path)
            file.willBeReadInOrder()
            return (file, try file.state().byteCount)
        }
    }

    func read(into buffer: inout [UInt8]) throws(CorpusError) -> Bool {
        let start = buffer.count
        try CorpusError.reading(file.path) { () throws(SystemError) in
            try file.read(position, atMost: Self.blockBytes, into: &buffer)
        }
        buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        position += buffer.count - start
        counter?.bytes += buffer.count - start
        return buffer.count > start
    }
}
