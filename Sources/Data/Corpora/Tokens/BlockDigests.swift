import Digests
import Foundation
import System

/// SHA-256 of each block of a file. A block is small enough to be checked when a document in it is read, and large enough that the digests
/// are a two-thousandth of the file.
struct BlockDigests: Sendable {
    static let blockBytes = 1 << 16

    let byteCount: Int
    /// 32 bytes a block, end to end.
    let bytes: [UInt8]

    static func blockCount(_ byteCount: Int) -> Int { (byteCount + blockBytes - 1) / blockBytes }

    /// Takes a file's bytes as they are written.
    struct Hasher {
        private var hasher = SHA256Hasher()
        private var byteCount = 0
        private var digests: [UInt8] = []

        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes
            while !rest.isEmpty {
                let next = rest.prefix(blockBytes - byteCount % blockBytes)
                hasher.update(UnsafeRawBufferPointer(rebasing: next))
                byteCount += next.count
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(next.count))
                if byteCount % blockBytes == 0 { closeBlock() }
            }
        }

        mutating func finish() -> BlockDigests {
            if byteCount % blockBytes != 0 { closeBlock() }
            return BlockDigests(byteCount: byteCount, bytes: digests)
        }

        private mutating func closeBlock() {
            digests += hasher.finalize().bytes
            hasher = SHA256Hasher()
        }
    }
}

/// `blocks.sha256` of a token file: what its other files were when they were written. First the SHA-256 of all that follows; then of each
/// file in a fixed order its size (u64, 0 where it is absent) and the digests of its blocks; last the same of the mask, where there is one.
struct DigestTable: Sendable {
    static let name = "/blocks.sha256"
    static let fileNames = ["/corpus.json", "/documents.bin", "/tokens.i32", "/ids.bin", "/ids.ends"]
    /// Named only where it is there: most corpora have none, and their tables are what they were before there was one.
    static let maskName = "/mask.bits"

    private let path: String
    private let table: MappedFile
    /// By file name: its size, and where its digests begin.
    private let places: [String: (byteCount: Int, start: Int)]

    /// - Parameter path: of the token file.
    init(_ path: String) throws {
        self.path = path
        func damaged(_ reason: String) -> CorpusError {
            .damagedCache(path: path, reason: "\(Self.name.dropFirst()) \(reason)")
        }
        guard FileManager.default.fileExists(atPath: path + Self.name) else { throw damaged("is not there") }
        table = try CorpusError.mapped(path + Self.name)
        let bytes = table.bytes
        guard bytes.count > SHA256Digest.byteCount,
            Self.digest(bytes[SHA256Digest.byteCount...]).elementsEqual(bytes[..<SHA256Digest.byteCount])
        else { throw damaged("has not the bytes that were written") }
        var places: [String: (Int, Int)] = [:]
        var position = SHA256Digest.byteCount
        for name in Self.fileNames + [Self.maskName] where name != Self.maskName || position < bytes.count {
            guard position + 8 <= bytes.count else { throw damaged("is cut") }
            let size = Int(
                clamping: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
            places[name] = (size, position + 8)
            position += 8 + BlockDigests.blockCount(min(size, 1 << 56)) * SHA256Digest.byteCount
        }
        guard position == bytes.count else { throw damaged("is cut") }
        self.places = places
    }

    /// Writes the table of files that are complete.
    static func write(_ digests: [String: BlockDigests], to path: String) throws {
        var bytes: [UInt8] = []
        for name in fileNames + (digests[maskName] == nil ? [] : [maskName]) {
            let file = digests[name] ?? BlockDigests(byteCount: 0, bytes: [])
            withUnsafeBytes(of: UInt64(file.byteCount).littleEndian) { bytes.append(contentsOf: $0) }
            bytes += file.bytes
        }
        var file = try BlockWriter(path + name)
        try file.append(SHA256Hasher.digest(bytes).bytes)
        try file.append(bytes)
        _ = try file.finish()
    }

    /// Whether the file was there.
    func holds(_ name: String) -> Bool { places[name]?.byteCount ?? 0 > 0 }

    /// Throws unless `data` has the size that the file had.
    func checkSize(_ data: UnsafeRawBufferPointer, of name: String) throws(CorpusError) {
        guard data.count == places[name]?.byteCount ?? 0 else {
            throw .damagedCache(path: path, reason: "\(name.dropFirst()) has the wrong size")
        }
    }

    /// Throws unless a block of `data` is as it was written.
    func checkBlock(_ block: Int, of name: String, _ data: UnsafeRawBufferPointer) throws(CorpusError) {
        let start = block * BlockDigests.blockBytes
        let end = min(start + BlockDigests.blockBytes, data.count)
        let expected = (places[name]?.start ?? 0) + block * SHA256Digest.byteCount
        guard Self.digest(data[start..<end]).elementsEqual(table.bytes[expected..<expected + SHA256Digest.byteCount])
        else {
            throw .damagedCache(
                path: path, reason: "\(name.dropFirst()), bytes \(start) to \(end), are not those that were written")
        }
    }

    private static func digest(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes))
        return hasher.finalize().bytes
    }
}
