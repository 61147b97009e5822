import Digests
import Foundation
import System

extension ModelDirectory {
    /// Digest of the names, sizes, times and inodes of a model's files: it is another one once somebody has written to one of them. nil where
    /// one cannot be looked at.
    package static func state(of directory: String) -> String? {
        guard let names = try? Directory.names(in: directory) else { return nil }
        var hasher = SHA256Hasher()
        for name in names.sorted() where name.hasSuffix(".safetensors") || name.hasSuffix(".json") {
            guard let state = FileState(directory + "/" + name) else { return nil }
            hasher.update(field: name)
            for number in state.numbers { hasher.update(littleEndian: number) }
        }
        return hasher.finalize().hex
    }

    /// One spelling of a directory's path, whatever links lead to it.
    package static func canonicalPath(_ directory: String) -> String {
        URL(fileURLWithPath: directory).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
