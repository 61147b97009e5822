import Digests

/// A frozen model that scores packed batches. The queue's one thread calls it, so one call at a time.
package protocol TeacherEngine: Sendable {
    /// Name of what decides the bits of a log-prob: two engines with one fingerprint give the same bits, and their results are shared.
    var scoresFingerprint: SHA256Digest { get }

    /// The natural log-prob of every token given those before it in its segment, NaN at each segment's first; and the `topK` likeliest
    /// tokens at each position, nil where that is 0.
    func scores(_ batch: PackedBatch, topK: Int) throws -> TokenScores
}

extension TeacherEngine {
    /// Natural log-probs of the batch's tokens, without likeliest tokens. [N]; NaN at segment starts.
    package func logProbs(_ batch: PackedBatch) throws -> [Float] { try scores(batch, topK: 0).logProbs }
}
