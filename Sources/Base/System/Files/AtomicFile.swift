import Glibc

/// Writes a file so that a reader, or a machine that lost power, sees the old one or the whole new one: a temporary file
/// in the same directory, fsync, rename, fsync of the directory. On an error the old file stays and the temporary goes.
package enum AtomicFile {
    /// Replaces the file at `path`, or makes it, with these bytes.
    ///
    /// - Throws: `FileError`; the old file is then as before, unless only the last fsync of the directory failed.
    package static func write(_ path: String, contents: [UInt8]) throws {
        try write(path) { sink in
            try contents.withUnsafeBytes { try sink.write($0) }
        }
    }

    /// Replaces the file at `path`, or makes it, with what `body` writes.
    ///
    /// - Throws: `FileError` and what `body` throws; the old file is then as before, unless only the last fsync of the directory
    ///   failed.
    package static func write(_ path: String, _ body: (borrowing FileSink) throws -> Void) throws {
        let temporary = temporaryPath(beside: path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError("create", temporary) }
        do {
            do {
                defer { close(descriptor) }
                try body(FileSink(descriptor: descriptor, path: path))
                guard fsync(descriptor) == 0 else { throw FileError("write out", path) }
            }
            guard rename(temporary, path) == 0 else { throw FileError("rename a new file to", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronizeDirectory(directory(of: path))
    }

    /// Makes a directory where there is none, and those above it, each so that its name outlasts a loss of power.
    package static func createDirectory(_ path: String) throws {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        var made = mkdir(path, 0o755)
        if made != 0, errno == ENOENT, directory(of: path) != path {
            try createDirectory(directory(of: path))
            made = mkdir(path, 0o755)
        }
        if made == 0 { return try synchronizeDirectory(directory(of: path)) }
        let code = errno
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw FileError("create the directory", path, code: code)
        }
    }

    /// Writes out a directory, so that renames and new names in it outlast a loss of power.
    package static func synchronizeDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("write out", path) }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Hidden, ends in .tmp, and distinct for each writer.
    private static func temporaryPath(beside path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return directory(of: path) + "/.\(name).\(getpid())-\(unique).tmp"
    }
}

/// Where the bytes of a file being written go, in order.
package struct FileSink: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Writes all of `bytes`, however many calls that takes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }
}
