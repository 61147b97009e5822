import Glibc

/// A file's bytes, mapped read-only for as long as the object lives. Pages are read when touched and shared between
/// processes. The file must not be cut short meanwhile (files are replaced by rename, which leaves the mapping whole).
///
/// Sendable: the mapping is made in the initializer, never written to and removed when nobody holds it.
package final class MappedFile: @unchecked Sendable {
    /// Path that the file was mapped from; errors name it.
    package let path: String
    /// Bytes of the file when it was mapped.
    package var count: Int { bytes.count }
    private let bytes: UnsafeRawBufferPointer

    /// Maps a whole file; an empty one is no bytes.
    ///
    /// - Throws: `FileError`, with the code `EINVAL` for what is no regular file.
    package init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("read the size of", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError("map", path, code: EINVAL) }
        self.path = path
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw FileError("map", path)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    /// Hands all bytes to `body`. The pointer is good within `body` only: the mapping goes with the last reference to this object.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(bytes) }
    }

    /// Hands the pages of `range` back, so that what was read counts no longer as this process's memory. They are read
    /// again when touched: from the system's cache, as long as it has them.
    package func release(_ range: Range<Int>) {
        guard let base = bytes.baseAddress, !range.isEmpty else { return }
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "no such bytes")
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = range.lowerBound / page * page
        madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
    }

    /// A copy of a whole file's bytes, which stays good whatever becomes of the file.
    ///
    /// - Throws: `FileError`.
    package static func contents(ofFile path: String) throws -> [UInt8] {
        try MappedFile(path: path).withBytes { Array($0) }
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
}
