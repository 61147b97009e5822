import Digests
import Transformers

/// A frozen model that scores packed batches. The queue's one thread calls it, so one call at a time.
package protocol TeacherEngine: Sendable {
    /// Two engines with one fingerprint give the same bits: their results are shared.
    var scoresFingerprint: SHA256Digest { get }

    /// The natural log-prob of every token given those before it in its segment; NaN at each segment's first. Shape [N].
    func logProbs(_ batch: PackedBatch) throws -> [Float]
}

/// The engine that lives in this process. `FrozenTransformer` asks for one call at a time, and the queue, which owns the
/// only thread that calls engines, keeps to it.
package struct LocalEngine: TeacherEngine {
    package let scoresFingerprint: SHA256Digest
    private let transformer: FrozenTransformer

    package init(_ transformer: FrozenTransformer) {
        self.transformer = transformer
        scoresFingerprint = transformer.scoresFingerprint
    }

    package func logProbs(_ batch: PackedBatch) throws -> [Float] { try transformer.logProbs(batch) }
}
