import Glibc

/// A file that is read where asked. Unlike a mapping, one that is cut short meanwhile is an error and not the end of the process, and
/// what was read cannot change any more.
package final class OpenFile: Sendable {
    /// Path that the file was opened by; errors name it.
    package let path: String
    private let descriptor: FileDescriptor

    /// Opens a regular file for reading. A pipe, which might never be written to, is refused and not waited for.
    ///
    /// - Throws: `SystemError`, with the code `EINVAL` for what is no regular file.
    package init(path: String) throws(SystemError) {
        self.path = path
        descriptor = FileDescriptor(
            try SystemError.check("open", path) { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
        guard try state().identity.isRegular else {
            throw SystemError("read", path, code: EINVAL, reason: "it is not a regular file")
        }
    }

    /// The file as the system says it is now.
    package func state() throws(SystemError) -> FileState {
        var status = stat()
        _ = try SystemError.check("read the size of", path) { fstat(descriptor.number, &status) }
        return FileState(status)
    }

    /// Tells the system that the file will be read from its start to its end, so that it reads ahead.
    package func willBeReadInOrder() { _ = posix_fadvise(descriptor.number, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Appends up to `count` bytes from `offset` on; fewer at the end of the file, and none behind it.
    package func read(_ offset: Int, atMost count: Int, into buffer: inout [UInt8]) throws(SystemError) {
        var failure: SystemError?
        let block = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            do throws(SystemError) {
                filled = try SystemError.check("read", path) {
                    pread(descriptor.number, target.baseAddress, count, off_t(offset))
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        buffer.append(contentsOf: block)
    }

    /// Fills `target` with the bytes from `offset` on.
    ///
    /// - Throws: `SystemError`, with the code `ENODATA` where the file ends before.
    package func read(_ offset: Int, into target: UnsafeMutableRawBufferPointer) throws(SystemError) {
        var filled = 0
        while filled < target.count {
            let count = try SystemError.check("read", path) {
                pread(
                    descriptor.number, target.baseAddress?.advanced(by: filled), target.count - filled,
                    off_t(offset + filled))
            }
            guard count > 0 else {
                throw SystemError(
                    "read byte \(offset + filled) of", path, code: ENODATA, reason: "the file ends before it")
            }
            filled += count
        }
    }

    /// A copy of the bytes of `range`.
    ///
    /// - Throws: `SystemError`, with the code `ENODATA` where the file ends before.
    package func bytes(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
            try read(
                range.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<range.count]))
            count = range.count
        }
    }

    /// The first `count` bytes mapped read-only, `count` being more than 0.
    func mapped(_ count: Int) throws(SystemError) -> UnsafeRawBufferPointer {
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor.number, 0), address != MAP_FAILED else {
            throw SystemError("map", path)
        }
        return UnsafeRawBufferPointer(start: address, count: count)
    }
}
