import Digests
import Tensors

/// What decides the bits of a log-prob, beside the token ids.
package struct ScoresFingerprint: Sendable, Equatable {
    /// Fingerprint of parameters and numeric configuration.
    package let model: SHA256Digest
    /// Arithmetic of the matrix products.
    package let precision: Precision
    /// `Precision.numericsVersion` of the program that computed the scores.
    package let numericsVersion: Int
    /// Name of what computes the products, as `KernelPath.name(for:)` gives it.
    package let kernelPath: String

    /// Fingerprint of scores by one model on one kernel path.
    ///
    /// - Parameter numericsVersion: that of this version's arithmetic unless said.
    package init(model: SHA256Digest, precision: Precision, numericsVersion: Int? = nil, kernelPath: String) {
        self.model = model
        self.precision = precision
        self.numericsVersion = numericsVersion ?? precision.numericsVersion
        self.kernelPath = kernelPath
    }

    /// SHA-256 of all four: the `scoresFingerprint` of a `SegmentKey`, of /info and of checkpoints.
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
