import Digests
import JSONValues
import System

extension Checkpoint {
    /// SHA-256 over each tensor's name, dtype, shape and the SHA-256 of its bytes, in the order of the names' bytes, and
    /// over the configuration fields that change numbers, in canonical JSON. How the tensors are cut into shards or
    /// ordered within them does not matter. Reads every byte of the tensors that was not hashed as it was read.
    ///
    /// - Throws: `SafetensorsError.changedWhileRead`, `SystemError`.
    package func modelFingerprint(numericFields: [String: JSONValue]) throws -> SHA256Digest {
        let checked = checked.withLock { $0 }
        var hasher = SHA256Hasher()
        hasher.update(field: "remit model fingerprint 1")
        hasher.update(littleEndian: UInt64(tensorNames.count))
        for name in tensorNames {
            guard let entry = entry(name) else { preconditionFailure("\(name) is in tensorNames") }
            let contents = try checked[name] ?? digest(name)
            hasher.update(field: name)
            hasher.update(field: entry.elementType.rawValue)
            hasher.update(littleEndian: UInt64(entry.shape.count))
            for dimension in entry.shape { hasher.update(littleEndian: UInt64(dimension)) }
            hasher.update(digest: contents)
        }
        var fields = JSONObject()
        for (key, value) in numericFields { fields[key: key] = value }
        hasher.update(field: JSONValue.object(fields).canonical)
        return hasher.finalize()
    }

    private func digest(_ name: String) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        try forEachPiece(name) { hasher.update($0) }
        return hasher.finalize()
    }
}
