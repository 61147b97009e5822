import Foundation
import ScoringServer

/// The directory that teachers may be loaded from while the server runs.
package struct ModelsDirectory: Sendable {
    /// The directory's absolute path, links resolved.
    package let path: String

    /// The directory at `path`, links resolved; nil where there is no such directory.
    package init?(_ path: String) {
        guard let resolved = Self.resolve(path), Self.isDirectory(resolved) else { return nil }
        self.path = resolved
    }

    /// The checkpoint directory that `asked` names: absolute, or relative to this one, wherever links and `..` lead.
    ///
    /// - Throws: `TeacherLoadError`: `outside` where it leads out of this directory, `unusable` where it is no directory.
    package func checkpoint(_ asked: String) throws(TeacherLoadError) -> String {
        guard !asked.isEmpty, !asked.utf8.contains(0),
            let resolved = Self.resolve(asked.hasPrefix("/") ? asked : path + "/" + asked)
        else {
            throw .unusable(path: asked, reason: "there is no such directory under --models-dir")
        }
        guard resolved.hasPrefix(path == "/" ? path : path + "/") else { throw .outside(path: asked) }
        guard Self.isDirectory(resolved) else { throw .unusable(path: asked, reason: "it is not a directory") }
        return resolved
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
