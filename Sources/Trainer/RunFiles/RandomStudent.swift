import Checkpoints
import Digests
import JSONValues

/// A student that starts from random parameters, which are a function of its architecture and a seed.
package struct RandomStudent: Sendable {
    /// Fields of its config.json.
    package let configuration: ConfigurationObject
    /// Seed of the parameters.
    package let seed: UInt64

    package init(_ configuration: ConfigurationObject, seed: UInt64) {
        self.configuration = configuration
        self.seed = seed
    }

    /// SHA-256 of the seed and of the fields by what they mean: neither their order nor that of the members within them counts.
    package var fingerprint: SHA256Digest {
        digest("random weights 2") { $0.canonical }
    }

    /// The fingerprint of an earlier version, which hashed the values as Swift prints them. An object of more than 8 members prints in
    /// another order in each process: the run of such a student is not recognized.
    package var earlierFingerprint: SHA256Digest {
        digest("random weights") { Array("\($0)".utf8) }
    }

    private func digest(_ form: String, _ bytes: (JSONValue) -> [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: form)
        hasher.update(littleEndian: seed)
        for name in configuration.fieldNames.sorted() {
            hasher.update(field: name)
            hasher.update(field: configuration.value(name).map(bytes) ?? [])
        }
        return hasher.finalize()
    }
}
