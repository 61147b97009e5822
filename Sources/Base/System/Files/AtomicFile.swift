import Glibc

/// Writes a file so that a reader, or a machine that lost power, sees the old one or the whole new one: a temporary file
/// in the same directory, fsync, rename, fsync of the directory. On an error the old file stays and the temporary goes.
package enum AtomicFile {
    /// Replaces the file at `path`, or makes it, with these bytes.
    ///
    /// - Throws: `SystemError`; the old file is then as before, unless only the last fsync of the directory failed.
    package static func write(_ path: String, contents: [UInt8]) throws {
        try write(path) { try $0.write(contents) }
    }

    /// Replaces the file at `path`, or makes it, with what `body` writes.
    ///
    /// - Throws: `SystemError` and what `body` throws; the old file is then as before, unless only the last fsync of the directory
    ///   failed.
    package static func write(_ path: String, _ body: (borrowing FileSink) throws -> Void) throws {
        let temporary = temporaryPath(beside: path)
        let sink = try FileSink(temporary, .new, name: path)
        do {
            try body(sink)
            try sink.synchronize()
            try move(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
        try Directory.synchronize(Directory.parent(of: path))
    }

    /// Gives a whole file, which another process may have written, its name: fsync, rename, fsync of the directory. A machine that lost
    /// power has the whole file there, or what was there before.
    ///
    /// - Throws: `SystemError`.
    package static func place(_ path: String, at new: String) throws(SystemError) {
        let written = FileDescriptor(try SystemError.check("open", path) { open(path, O_RDONLY | O_CLOEXEC) })
        _ = try SystemError.check("write out", path) { fsync(written.number) }
        try move(path, to: new)
        try Directory.synchronize(Directory.parent(of: new))
    }

    /// Gives a file or directory another name, in place of the file that may have it.
    ///
    /// - Throws: `SystemError`, which names the new path.
    package static func move(_ path: String, to new: String) throws(SystemError) {
        _ = try SystemError.check("rename a new file to", new) { rename(path, new) }
    }

    /// Removes what writers of this file left that were killed: temporary files that nobody has written to for so many seconds.
    ///
    /// - Throws: `SystemError` where the directory cannot be read.
    package static func removeLeftovers(of path: String, olderThan seconds: Int) throws(SystemError) {
        let directory = Directory.parent(of: path)
        for name in try Directory.names(in: directory)
        where name.hasPrefix(temporaryPrefix(of: path)) && name.hasSuffix(".tmp") {
            var status = stat()
            guard stat(directory + "/" + name, &status) == 0, status.st_mtim.tv_sec < time(nil) - seconds else {
                continue
            }
            unlink(directory + "/" + name)
        }
    }

    /// Removes what killed writers left in a directory that nobody writes to now: regular files under the names that temporary ones have.
    /// What cannot be looked at stays.
    ///
    /// - Parameter isOwn: whether the caller writes files of this name there.
    package static func removeLeftovers(in directory: String, where isOwn: (_ name: String) -> Bool) {
        for entry in (try? Directory.names(in: directory)) ?? [] {
            guard let name = target(ofTemporary: entry), isOwn(name) else { continue }
            var status = stat()
            guard lstat(directory + "/" + entry, &status) == 0, FileIdentity(status).isRegular else { continue }
            unlink(directory + "/" + entry)
        }
    }

    /// Name of the file that a temporary one of this name was to become; nil where the name is another's.
    private static func target(ofTemporary name: String) -> String? {
        guard name.hasPrefix("."), name.hasSuffix(".tmp") else { return nil }
        let inner = name.dropFirst().dropLast(4)
        return inner.lastIndex(of: ".").map { String(inner[..<$0]) }
    }

    /// Hidden, ends in .tmp, and distinct for each writer.
    private static func temporaryPath(beside path: String) -> String {
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return Directory.parent(of: path) + "/\(temporaryPrefix(of: path))\(getpid())-\(unique).tmp"
    }

    private static func temporaryPrefix(of path: String) -> String {
        ".\(path.split(separator: "/").last.map(String.init) ?? "file")."
    }
}
