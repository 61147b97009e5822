import System

/// An open safetensors file whose header has been checked.
package struct SafetensorsFile: Sendable {
    /// Names, types, shapes and places of the tensors, checked.
    package let header: SafetensorsHeader
    /// Nil where the file has none.
    let digests: TensorDigests?
    private let file: OpenFile
    private let opened: FileState

    /// Opens a file and checks its header; the tensors' bytes are not read.
    ///
    /// - Throws: `SystemError`, `ModelDirectoryError.gitLFSPointer` for what git-lfs left in place of the file, `SafetensorsError`.
    package init(path: String) throws {
        file = try OpenFile(path: path)
        opened = try file.state()
        if opened.byteCount <= GitLFSPointer.maxBytes {
            try GitLFSPointer.refuse(try file.bytes(0..<opened.byteCount), of: path)
        }
        header = try SafetensorsHeader(reading: file)
        digests = try TensorDigests(header, source: path)
    }

    /// The file as it was when it was opened.
    package var state: FileState { opened }

    /// Path that the file was opened by.
    package var path: String { file.path }

    /// The tensor of that name; nil where the file has none.
    package func entry(_ name: String) -> SafetensorsHeader.Entry? { header.entry(name) }

    /// Hands a tensor's bytes to `body`, little-endian. `entry` must be of this file. They are a copy, which nobody who writes to the file
    /// can change any more, and are let go once `body` is done.
    ///
    /// - Throws: `SafetensorsError.changedWhileRead` where somebody has written to the file since it was opened, `SystemError` where it
    ///   cannot be read, and what `body` throws.
    package func withBytes<Result>(
        of entry: SafetensorsHeader.Entry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.byteRange.count, alignment: 64)
        defer { bytes.deallocate() }
        try read(entry, from: 0, into: bytes)
        return try body(UnsafeRawBufferPointer(bytes))
    }

    /// Hands a tensor's bytes to `body` piece by piece, in order, little-endian. `entry` must be of this file. A piece is a copy, as with
    /// `withBytes`, and good until `body` is done with it.
    ///
    /// - Parameters:
    ///   - pieceBytes: bytes of each piece but the last, more than 0.
    ///   - body: takes a piece and its place among the tensor's bytes.
    /// - Throws: as `withBytes` does; pieces may have been handed out before.
    package func forEachPiece(
        of entry: SafetensorsHeader.Entry, atMost pieceBytes: Int,
        _ body: (_ offset: Int, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let count = entry.byteRange.count
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(count, pieceBytes), alignment: 64)
        defer { buffer.deallocate() }
        for offset in stride(from: 0, to: count, by: pieceBytes) {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(pieceBytes, count - offset)])
            try read(entry, from: offset, into: piece)
            try body(offset, UnsafeRawBufferPointer(piece))
        }
    }

    /// Fills `target` with a tensor's bytes from its byte `offset` on, little-endian. `entry` must be of this file and hold as many.
    ///
    /// - Throws: `SafetensorsError.changedWhileRead`, `SystemError`.
    package func read(
        _ entry: SafetensorsHeader.Entry, from offset: Int, into target: UnsafeMutableRawBufferPointer
    ) throws {
        precondition(offset >= 0 && target.count <= entry.byteRange.count - offset, "bytes of the tensor")
        do {
            try file.read(header.dataOffset + entry.byteRange.lowerBound + offset, into: target)
        } catch {
            // One that was cut short ends too early.
            try checkUnchanged()
            throw error
        }
        try checkUnchanged()
    }

    private func checkUnchanged() throws {
        guard try file.state().holdsWhatItHeld(at: opened) else {
            throw SafetensorsError.changedWhileRead(file: path)
        }
    }
}
