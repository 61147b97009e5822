import Digests
import Glibc

/// What tells a file from every other one, and from itself after somebody wrote to it.
package struct FileIdentity: Equatable, Sendable {
    /// Size of the file when it was looked at.
    package let byteCount: Int
    private let device: UInt
    private let inode: UInt
    private let modified: Int  // nanoseconds since 1970, as the change below
    private let changed: Int  // of contents or of what stands in the inode; no program can set it

    fileprivate init(_ status: stat) {
        byteCount = Int(status.st_size)
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Whether the last change is more than a second ago. Right after a change it cannot be told from a second one: the clock of the
    /// file system ticks every few milliseconds, and a change within the same tick leaves no trace.
    package var isSettled: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return abs(Self.nanoseconds(now) - changed) > 1_000_000_000
    }

    private static func nanoseconds(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
}

/// A file that is read where asked. Unlike a mapping, one that is cut short meanwhile is an error and not the end of the process, and
/// what was read cannot change any more.
package final class OpenFile: Sendable {
    /// Path that the file was opened by; errors name it.
    package let path: String
    private let descriptor: Int32
    private static let blockBytes = 1 << 20

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

    /// SHA-256 of the bytes of `range`. Memory: one block of a mebibyte.
    package func digest(of range: Range<Int>) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockBytes) {
            hasher.update(try bytes(start..<min(start + Self.blockBytes, range.upperBound)))
        }
        return hasher.finalize()
    }
}
