import Glibc

/// Which file a path leads to: links and spellings of a path do not change it.
package struct FileIdentity: Sendable, Hashable {
    fileprivate let device: UInt64
    fileprivate let inode: UInt64
    /// Whether it is a directory.
    package let isDirectory: Bool
    /// Whether it is a file of bytes: no directory, pipe, socket or device.
    package let isRegular: Bool

    /// nil where there is none: also behind a symbolic link that leads nowhere.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }
}

/// A file as it was when it was looked at. The same file has another state after somebody wrote to it.
package struct FileState: Equatable, Sendable {
    /// Which file it is.
    package let identity: FileIdentity
    /// Size of the file.
    package let byteCount: Int
    /// Time of the last write, in nanoseconds since 1970; a program may set it.
    package let modified: Int
    private let changed: Int  // as above, of contents or of what stands in the inode; no program can set it

    /// nil where there is none: also behind a symbolic link that leads nowhere.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        identity = FileIdentity(status)
        byteCount = Int(status.st_size)
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

    /// Whether nobody has written to the file since `earlier`, as far as its size and times tell. One that was replaced by another under its
    /// name still is what it was.
    package func holdsWhatItHeld(at earlier: FileState) -> Bool {
        (identity, byteCount, modified) == (earlier.identity, earlier.byteCount, earlier.modified)
    }

    /// What tells this state from others that a path has led to: inode, size, time of the last write, time of the last change. The device's
    /// number is not among them: on network storage, overlays and btrfs it is another on each host, and after each mount.
    package var numbers: [UInt64] {
        [identity.inode] + [byteCount, modified, changed].map { UInt64(bitPattern: Int64($0)) }
    }

    private static func nanoseconds(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
}
