import Digests
import System

extension OpenFile {
    private static let blockBytes = 1 << 20

    /// SHA-256 of the bytes of `range`. Memory: one block of a mebibyte.
    ///
    /// - Throws: `SystemError`, with the code `ENODATA` where the file ends before.
    package func digest(of range: Range<Int>) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockBytes) {
            hasher.update(try bytes(start..<min(start + Self.blockBytes, range.upperBound)))
        }
        return hasher.finalize()
    }
}
