import System

/// A mapped safetensors file whose header has been checked.
package struct SafetensorsFile: Sendable {
    /// Names, types, shapes and places of the tensors, checked.
    package let header: SafetensorsHeader
    /// Nil where the file has none.
    let digests: TensorDigests?
    private let file: MappedFile

    /// Maps a file and checks its header; the tensors' bytes are not read.
    ///
    /// - Throws: `SystemError`, `ModelDirectoryError.gitLFSPointer` for what git-lfs left in place of the file, `SafetensorsError`.
    package init(path: String) throws {
        let file = try MappedFile(path: path)
        try file.withBytes { try GitLFSPointer.refuse($0, of: path) }
        header = try file.withBytes { try SafetensorsHeader(parsing: $0, source: path) }
        digests = try TensorDigests(header, source: path)
        self.file = file
    }

    /// Path that the file was mapped from.
    package var path: String { file.path }

    /// The tensor of that name; nil where the file has none.
    package func entry(_ name: String) -> SafetensorsHeader.Entry? { header.entry(name) }

    /// Hands a tensor's bytes to `body`, little-endian, not necessarily aligned. `entry` must be of this file. Once `body` is done
    /// their pages are handed back: a program that reads a checkpoint holds one tensor's pages at a time, never the file.
    package func withBytes<Result>(
        of entry: SafetensorsHeader.Entry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let start = header.dataOffset + entry.byteRange.lowerBound
        defer { file.release(start..<start + entry.byteRange.count) }
        return try file.withBytes { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + entry.byteRange.count]))
        }
    }
}
