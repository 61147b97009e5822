import Foundation
import System

/// The file of --api-key-file.
package enum KeyFile {
    /// Where container engines mount secrets: readable for all, and nobody else is there.
    private static let secretsDirectory = "/run/secrets/"

    /// The keys in the file, which may begin with a byte order mark.
    ///
    /// - Throws: `APIKeyError`.
    package static func read(_ path: String) throws -> APIKeys {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
            throw APIKeyError.unreadable(file: path, reason: "it is not there, or not readable for this user")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw APIKeyError.unreadable(file: path, reason: "expected UTF-8 text")
        }
        return try APIKeys(parsing: text.withoutByteOrderMark, file: path)
    }

    /// What is wrong with the file's rights, in one line; nil where nobody but owner and group can read it, or it is a mounted secret.
    package static func warning(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IROTH != 0, !path.hasPrefix(secretsDirectory) else {
            return nil
        }
        return "every user of this machine can read the keys in \(path): chmod o-r it"
    }
}
