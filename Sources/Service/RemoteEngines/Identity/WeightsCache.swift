import Checkpoints
import Digests
import Foundation
import JSONValues
import System

/// Fingerprints of checkpoints, remembered by the names, sizes, times and inodes of their files: what has not been written to since is
/// not hashed again.
package struct WeightsCache: Sendable {
    private let path: String?
    private let onFailure: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - path: the cache's file; nil: nothing is remembered. One that cannot be read is an empty one.
    ///   - onFailure: called with why the file cannot be written: the fingerprint is right, and is computed anew the next time.
    package init(_ path: String?, onFailure: @escaping @Sendable (any Error) -> Void) {
        self.path = path
        self.onFailure = onFailure
    }

    /// The fingerprint of a model directory: remembered, or what `hash` gives, remembered from then on.
    ///
    /// - Throws: what `hash` throws.
    package func fingerprint(
        of directory: String, hash: () throws -> SHA256Digest
    ) rethrows -> (digest: SHA256Digest, wasKnown: Bool) {
        let state = ModelDirectory.state(of: directory)
        let key = ModelDirectory.canonicalPath(directory)
        var entries = read()
        if let state, case .object(let entry)? = entries[key: key], entry[key: "files"] == .string(state),
            case .string(let hex)? = entry[key: "fingerprint"], let digest = SHA256Digest(hex: hex)
        {
            return (digest, true)
        }
        let digest = try hash()
        // Somebody may have written meanwhile.
        if let path, let state, ModelDirectory.state(of: directory) == state {
            entries[key: key] = .object(["files": .string(state), "fingerprint": .string(digest.hex)])
            do {
                try AtomicFile.write(path, contents: JSONValue.object(entries).canonical)
            } catch {
                onFailure(error)
            }
        }
        return (digest, false)
    }

    private func read() -> JSONObject {
        guard let path, let data = FileManager.default.contents(atPath: path),
            case .object(let object)? = try? JSONReader.read(Array(data), { reader in try reader.value() })
        else { return JSONObject() }
        return object
    }
}
