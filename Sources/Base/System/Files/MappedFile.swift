import Glibc

/// A file's bytes, mapped read-only for as long as the object lives. Pages are read when touched and shared between
/// processes. The file must not be cut short meanwhile (files are replaced by rename, which leaves the mapping whole).
///
/// Sendable: the mapping is made in the initializer, never written to and removed when nobody holds it.
package final class MappedFile: @unchecked Sendable {
    /// Path that the file was mapped from; errors name it.
    package let path: String
    /// All bytes of the file when it was mapped. Good only as long as this object lives: what keeps them keeps it.
    package let bytes: UnsafeRawBufferPointer
    /// Bytes of the file when it was mapped.
    package var count: Int { bytes.count }

    /// Maps a whole file; an empty one is no bytes.
    ///
    /// - Throws: `SystemError`, with the code `EINVAL` for what is no regular file.
    package init(path: String) throws(SystemError) {
        let file = try OpenFile(path: path)
        let count = try file.state().byteCount
        self.path = path
        bytes = count > 0 ? try file.mapped(count) : UnsafeRawBufferPointer(start: nil, count: 0)
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
    /// - Throws: `SystemError`.
    package static func contents(ofFile path: String) throws -> [UInt8] {
        try MappedFile(path: path).withBytes { Array($0) }
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
}
