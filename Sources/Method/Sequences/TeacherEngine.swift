import Digests

/// A frozen model that scores packed batches. The queue's one thread calls it, so one call at a time.
package protocol TeacherEngine: Sendable {
    /// Name of what decides the bits of a log-prob: two engines with one fingerprint give the same bits, and their results are shared.
    var scoresFingerprint: SHA256Digest { get }

    /// Whether entropy and normalizer can be had: they are of the whole vocabulary, which an engine elsewhere does not tell.
    var givesTemperedScores: Bool { get }

    /// Whether it computes once what segments of a batch have in common at their beginnings, as `BatchRoom` counts on.
    var sharesPrefixes: Bool { get }

    /// The natural log-prob of every token given those before it in its segment, NaN at each segment's first; and what `detail` wants
    /// beside it.
    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores

    /// Whether all that `scores` gave since the last call is of the model that the fingerprint names, as far as can be told. What is kept
    /// for ever is kept after this. Blocks while the engine looks; for a few seconds at most from when `isHurried` is true.
    func vouch(isHurried: () -> Bool) -> Bool
}

extension TeacherEngine {
    /// Nothing changes the parameters of an engine in this process.
    package func vouch(isHurried: () -> Bool) -> Bool { true }

    /// An engine does not unless it says so.
    package var sharesPrefixes: Bool { false }

    /// Natural log-probs of the batch's tokens, without likeliest tokens. [N]; NaN at segment starts.
    package func logProbs(_ batch: PackedBatch) throws -> [Float] { try scores(batch, .none).logProbs }

    /// Log-probs, and the `topK` likeliest tokens at each position.
    package func scores(_ batch: PackedBatch, topK: Int) throws -> TokenScores {
        try scores(batch, ScoreDetail(topK: topK))
    }
}
