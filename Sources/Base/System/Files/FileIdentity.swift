import Glibc

/// What tells a file from every other one, and from itself after somebody wrote to it.
package struct FileIdentity: Equatable, Sendable {
    /// Size of the file when it was looked at.
    package let byteCount: Int
    private let device: UInt
    private let inode: UInt
    private let modified: Int  // nanoseconds since 1970, as the change below
    private let changed: Int  // of contents or of what stands in the inode; no program can set it

    init(_ status: stat) {
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
