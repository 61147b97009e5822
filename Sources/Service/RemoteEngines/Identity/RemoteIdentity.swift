import Digests

/// How it is known which weights an engine has.
package enum KnownWeights: Sendable, Equatable {
    /// The bytes of the checkpoint beside the tokenizer, by their model fingerprint.
    case hashed(SHA256Digest)
    /// What the operator says they are.
    case declared(String)
    /// The engine's own checksum of them.
    case checksum(String)

    /// `hashed`, `declared` or `checksum`.
    package var kind: String {
        switch self {
        case .hashed: "hashed"
        case .declared: "declared"
        case .checksum: "checksum"
        }
    }

    /// Name of the model: of the bytes where they are known, the same that an engine in this process has.
    package var modelFingerprint: SHA256Digest {
        switch self {
        case .hashed(let digest): return digest
        case .declared(let text), .checksum(let text):
            var hasher = SHA256Hasher()
            hasher.update(field: "remit \(kind) model 1")
            hasher.update(field: text)
            return hasher.finalize()
        }
    }
}

/// What decides the bits of the log-probs that an engine gives, as far as anybody can say.
package struct RemoteIdentity: Sendable, Equatable {
    /// The weights.
    package var weights: KnownWeights
    /// The program.
    package var kind: EngineKind
    /// Its version.
    package var version: String
    /// Its number format; empty where it does not say (vLLM): what the label is for.
    package var dtype: String
    /// What the operator adds: quantization, parallelism.
    package var label: String

    package init(weights: KnownWeights, kind: EngineKind, version: String, dtype: String, label: String) {
        (self.weights, self.kind, self.version, self.dtype, self.label) = (weights, kind, version, dtype, label)
    }

    /// SHA-256 of all of it: the `scoresFingerprint` of segments that the engine scored.
    package var scoresFingerprint: SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit remote scores fingerprint 1")
        hasher.update(field: weights.kind)
        hasher.update(digest: weights.modelFingerprint)
        for part in [kind.rawValue, version, dtype, label] { hasher.update(field: part) }
        return hasher.finalize()
    }
}
