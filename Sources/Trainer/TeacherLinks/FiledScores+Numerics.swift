import Digests
import ScoreFiles
import SideCars
import Transformers

extension FiledScores {
    /// Throws where an earlier version's arithmetic made the log-probs: their last bits are not those that this version gives the student,
    /// so that equal models would no longer have weights of exactly 1.
    package func checkNumerics(allowChange: Bool) throws {
        guard !allowChange, let scores = SHA256Digest(hex: identity.scoresFingerprint),
            let model = SHA256Digest(hex: identity.modelFingerprint),
            let precision = Precision(rawValue: identity.precision),
            let version = ScoresFingerprint.earlierVersion(of: scores, model: model, precision: precision)
        else { return }
        throw SideCarError.mismatch(
            path: path, what: "numerics version", sideCar: "\(version)", run: "\(precision.numericsVersion)",
            hint: "Score the corpus again, into another --out; --allow-numerics-change trains on it as it is")
    }
}
