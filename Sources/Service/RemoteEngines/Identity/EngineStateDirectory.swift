import Digests
import Foundation
import System

/// Where canaries and digests of weights outlive the process: the store's directory, so that what is kept of an engine and what tells it
/// lie together.
package struct EngineStateDirectory: Sendable {
    /// A file there that cannot be read, or not be understood.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    /// The directory.
    package let path: String

    /// Makes the directory where it is missing.
    ///
    /// - Throws: `SystemError`.
    package init(_ path: String) throws {
        try Directory.create(path)
        self.path = path
    }

    private func file(_ scores: SHA256Digest) -> String { path + "/engine-\(scores.hex).json" }

    /// What the engine of these scores answered when it was first met; nil where it never was.
    ///
    /// - Throws: `Unreadable` where the file cannot be read or is damaged: what is kept can then not be told from another model's.
    func record(_ scores: SHA256Digest) throws -> CanaryRecord? {
        do {
            return try CanaryRecord(json: MappedFile.contents(ofFile: file(scores)))
        } catch let error as SystemError where error.code == ENOENT {
            return nil
        } catch {
            throw Unreadable(
                description:
                    "\(file(scores)): \(error); without it nobody knows whether the kept scores are this engine's: restore it, or "
                    + "remove it together with the store")
        }
    }

    func keep(_ record: CanaryRecord, _ scores: SHA256Digest) throws {
        try AtomicFile.write(file(scores), contents: record.json)
    }
}
