import Digests

/// What the queue did with one batch: for metrics and the log.
package struct BatchReport: Sendable {
    /// The engine that ran the batch.
    package var scoresFingerprint: SHA256Digest
    /// Segments in the batch.
    package var segments: Int
    /// Tokens in the batch, those without a prediction counted too.
    package var tokens: Int
    /// Of these, tokens at the beginnings of segments that were computed once for several of them.
    package var prefixTokens: Int
    /// How long the engine took, the repeats of a batch that failed included.
    package var duration: Duration
    /// Why segments of the batch have no result; empty where all went well.
    package var failures: [String]
}
