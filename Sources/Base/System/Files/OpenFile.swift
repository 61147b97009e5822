import Glibc

/// A file that is read where asked. Unlike a mapping, one that is cut short meanwhile is an error and not the end of the process, and
/// what was read cannot change any more.
package final class OpenFile: Sendable {
    /// Path that the file was opened by; errors name it.
    package let path: String
    private let descriptor: Int32

    /// Opens a file for reading.
    ///
    /// - Throws: `FileError`.
    package init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// What tells the file from others and from itself after a change, as the system says now.
    ///
    /// - Throws: `FileError` for what is no regular file.
    package func identity() throws -> FileIdentity {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("read the size of", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError("read", path, code: EINVAL) }
        return FileIdentity(status)
    }

    /// Fills `target` with the bytes from `offset` on.
    ///
    /// - Throws: `FileError`, with the code `ENODATA` where the file ends before.
    package func read(_ offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
        var filled = 0
        while filled < target.count {
            let count = pread(
                descriptor, target.baseAddress?.advanced(by: filled), target.count - filled, off_t(offset + filled))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path)
            }
            guard count > 0 else { throw FileError("read byte \(offset + filled) of", path, code: ENODATA) }
            filled += count
        }
    }

    /// A copy of the bytes of `range`.
    ///
    /// - Throws: `FileError`, with the code `ENODATA` where the file ends before.
    package func bytes(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
            try read(
                range.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<range.count]))
            count = range.count
        }
    }
}
