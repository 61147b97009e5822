import Glibc

/// Directories and the names in them.
package enum Directory {
    /// Makes a directory where there is none, and those above it, each so that its name outlasts a loss of power.
    ///
    /// - Throws: `SystemError`.
    package static func create(_ path: String) throws(SystemError) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        var code = made(path)
        if code == ENOENT, parent(of: path) != path {
            try create(parent(of: path))
            code = made(path)
        }
        if code == 0 { return try synchronize(parent(of: path)) }
        guard code == EEXIST, FileIdentity(path)?.isDirectory == true else {
            throw SystemError("create the directory", path, code: code)
        }
    }

    /// Writes out a directory, so that renames and new names in it outlast a loss of power.
    ///
    /// - Throws: `SystemError`.
    package static func synchronize(_ path: String) throws(SystemError) {
        let descriptor = FileDescriptor(
            try SystemError.check("open", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        _ = try SystemError.check("write out", path) { fsync(descriptor.number) }
    }

    /// Names of all that is in a directory, `.` and `..` among them, in no order.
    ///
    /// - Throws: `SystemError`.
    package static func names(in path: String) throws(SystemError) -> [String] {
        guard let stream = opendir(path) else { throw SystemError("open", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    /// Path of the directory that a path is a name in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// 0, or `errno`.
    private static func made(_ path: String) -> Int32 { mkdir(path, 0o755) == 0 ? 0 : errno }
}
