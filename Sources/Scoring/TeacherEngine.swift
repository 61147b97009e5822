import Digests
import Transformers

/// A frozen model that scores packed batches. The queue's one thread calls it, so one call at a time.
package protocol TeacherEngine: Sendable {
    /// Two engines with one fingerprint give the same bits: their results are shared.
    var scoresFingerprint: SHA256Digest { get }

    /// The natural log-prob of every token given those before it in its segment, NaN at each segment's first; and the `topK` likeliest
    /// tokens at each position, nil where that is 0.
    func scores(_ batch: PackedBatch, topK: Int) throws -> TokenScores
}

extension TeacherEngine {
    /// Shape [N].
    package func logProbs(_ batch: PackedBatch) throws -> [Float] { try scores(batch, topK: 0).logProbs }
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

    package func scores(_ batch: PackedBatch, topK: Int) throws -> TokenScores {
        try transformer.scores(batch, topK: topK)
    }
}
