import Digests

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
