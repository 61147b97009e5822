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

    /// Gives a file or directory another name, in place of the file that may have it.
    ///
    /// - Throws: `SystemError`, which names the new path.
    package static func move(_ path: String, to new: String) throws(SystemError) {
        _ = try SystemError.check("rename a new file to", new) { rename(path, new) }
    }

    /// Hidden, ends in .tmp, and distinct for each writer.
    private static func temporaryPath(beside path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return Directory.parent(of: path) + "/.\(name).\(getpid())-\(unique).tmp"
    }
}
