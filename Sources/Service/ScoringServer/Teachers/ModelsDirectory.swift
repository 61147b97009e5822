import Foundation

/// The directory that teachers may be loaded from while the server runs.
package struct ModelsDirectory: Sendable {
    /// The directory's absolute path, links resolved.
    package let path: String
    /// As it was given.
    private let given: String

    /// The directory at `path`, links resolved; nil where there is no such directory.
    package init?(_ path: String) {
        guard let resolved = Self.resolve(path), Self.isDirectory(resolved) else { return nil }
        self.path = resolved
        given = path
    }

    /// The checkpoint directory that `asked` names: absolute, or relative to this one, wherever links and `..` lead.
    ///
    /// - Throws: `TeacherLoadError`: `outside` where it leads out of this directory, whatever lies there or does not; `unusable` where it
    ///   is no directory in here.
    package func checkpoint(_ asked: String) throws(TeacherLoadError) -> String {
        guard !asked.isEmpty, !asked.utf8.contains(0) else {
            throw .unusable(path: asked, reason: "there is no such directory under --models-dir")
        }
        if let resolved = Self.resolve(asked.hasPrefix("/") ? asked : path + "/" + asked), isInside(resolved),
            resolved != path
        {
            guard Self.isDirectory(resolved) else { throw .unusable(path: asked, reason: "it is not a directory") }
            return resolved
        }
        guard staysInside(asked) else { throw .outside(path: asked) }
        throw .unusable(path: asked, reason: "there is no such directory under --models-dir")
    }

    /// Whether no step of the way leads out, as far as there is one. It looks at nothing outside: what is there is not told.
    private func staysInside(_ asked: String) -> Bool {
        var rest = asked[...]
        if asked.hasPrefix("/") {
            guard let root = [path, given].first(where: { asked == $0 || asked.hasPrefix($0 + "/") }) else {
                return false
            }
            rest = asked.dropFirst(root.count)
        }
        var place = path
        for part in rest.split(separator: "/") {
            guard let next = Self.resolve(place + "/" + part) else { return true }
            guard isInside(next) else { return false }
            place = next
        }
        return place != path
    }

    private func isInside(_ resolved: String) -> Bool {
        resolved == path || resolved.hasPrefix(path == "/" ? path : path + "/")
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
