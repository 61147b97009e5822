import Compression

/// What the first bytes of a file say about it, whatever its name says.
package enum FileHead {
    /// How many bytes are looked at; fewer where the file has fewer.
    static let byteCount = 64

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let largeFilePointer = Array("version https://git-lfs.github.com/spec/".utf8)

    /// Removes a UTF-8 byte order mark, which is no text, from the beginning of a text file.
    ///
    /// - Throws: `unreadable` for what is no UTF-8 text under the name of one: other encodings, compressed data, a pointer of git-lfs.
    package static func beginText(_ bytes: inout [UInt8], file: String) throws(CorpusError) {
        try refusePointer(bytes, file: file)
        if let format = CompressionFormat(head: bytes) {
            throw .unreadable(
                path: file, reason: "it is \(format) data; give it a name that ends in \(format.fileExtension)")
        }
        if let encoding = wideEncoding(bytes) {
            throw .unreadable(
                path: file, reason: "it is \(encoding) text; convert it to UTF-8 (iconv -f \(encoding) -t UTF-8)")
        }
        if bytes.starts(with: byteOrderMark) { bytes.removeFirst(byteOrderMark.count) }
    }

    static func refusePointer(_ bytes: [UInt8], file: String) throws(CorpusError) {
        guard bytes.starts(with: largeFilePointer) else { return }
        throw .unreadable(
            path: file, reason: "it is a pointer of git-lfs, not the file itself; fetch it (git lfs pull)")
    }

    /// By a byte order mark, or by zeros in the place of every other byte.
    private static func wideEncoding(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        let pairs = min(bytes.count, byteCount) / 2
        guard pairs > 1 else { return nil }
        let (even, odd) = ((0..<pairs).map { bytes[2 * $0] }, (0..<pairs).map { bytes[2 * $0 + 1] })
        if odd.allSatisfy({ $0 == 0 }), !even.contains(0) { return "UTF-16LE" }
        return even.allSatisfy { $0 == 0 } && !odd.contains(0) ? "UTF-16BE" : nil
    }
}
