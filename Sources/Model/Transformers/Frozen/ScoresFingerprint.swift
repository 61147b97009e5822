import Digests
import Tensors

/// What decides the bits of a log-prob, beside the token ids.
package struct ScoresFingerprint: Sendable, Equatable {
    package let model: SHA256Digest
    package let precision: Precision
    package let numericsVersion: Int
    /// What computes the products, by name.
    package let kernelPath: String

    /// Of this version's arithmetic unless said.
    package init(model: SHA256Digest, precision: Precision, numericsVersion: Int? = nil, kernelPath: String) {
        self.model = model
        self.precision = precision
        self.numericsVersion = numericsVersion ?? precision.numericsVersion
        self.kernelPath = kernelPath
    }

    package var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit scores fingerprint 1")
        hasher.update(digest: model)
        hasher.update(field: precision.rawValue)
        hasher.update(littleEndian: UInt64(numericsVersion))
        hasher.update(field: kernelPath)
        return hasher.finalize()
    }

    /// The numerics version before this one that gave `scores` of `model`; nil where none did on any kernel path: scores of this version,
    /// and those of other engines.
    package static func earlierVersion(of scores: SHA256Digest, model: SHA256Digest, precision: Precision) -> Int? {
        (1..<precision.numericsVersion).first { version in
            KernelPath.allCases.contains { path in
                let fingerprint = ScoresFingerprint(
                    model: model, precision: precision, numericsVersion: version,
                    kernelPath: path.name(for: precision.format))
                return fingerprint.digest == scores
            }
        }
    }
}
