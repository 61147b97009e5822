import Digests
import Sequences
import Transformers

/// A model that computes in this process and is ready to score: its kernels are checked, its memory is reserved.
package struct LocalEngine: Sendable {
    /// Makes the log-probs. It and the memory reserved for it go with its last reference.
    package let engine: any TeacherEngine
    /// What the model is.
    package let description: ModelDescription
    /// SHA-256 over tensors and configuration: which model it is, however it computes.
    package let modelFingerprint: SHA256Digest
    /// The number format that it computes in.
    package let precision: Precision
    /// The memory that it takes, and took on top while it was loaded.
    package let footprint: ModelFootprint
    /// What it proved of its kernels.
    package let selfCheck: SelfCheckReport
    /// Wall-clock time from the reservation of its memory to the end of the check.
    package let loadingTime: Duration

    /// The fingerprint of the numbers that it gives: of parameters, precision, numerics version and kernel path.
    package var scoresFingerprint: SHA256Digest { engine.scoresFingerprint }
}
