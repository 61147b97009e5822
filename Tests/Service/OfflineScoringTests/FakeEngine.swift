import Digests
import Sequences

/// An engine without a model: log-probs that tell of the token and of the one before it.
struct FakeEngine: TeacherEngine {
    var scoresFingerprint = SHA256Hasher.digest([1])
    /// Makes a second engine's numbers others.
    var shift: Float = 0
    /// Called before each batch.
    var onBatch: @Sendable () -> Void = {}

    /// What it says of what it gave.
    var vouches: @Sendable () -> Bool = { true }

    let givesTemperedScores = false
    func vouch(isHurried: () -> Bool) -> Bool { vouches() }

    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) -> TokenScores {
        onBatch()
        return TokenScores(logProbs: batch.segments.flatMap { expected(Array(batch.tokenIDs[$0])) })
    }

    func expected(_ ids: [Int32]) -> [Float] {
        [.nan] + zip(ids, ids.dropFirst()).map { -Float($1 % 97) / 10 - Float($0 % 13) / 100 - shift * Float($1 % 7) }
    }
}
