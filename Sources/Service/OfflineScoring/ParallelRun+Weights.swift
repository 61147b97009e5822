import Corpora
import Digests
import Foundation
import ScoreFiles
import TokenWeights
import Tokenizers

/// Static weights of the teacher against a base.
extension ParallelRun {
    /// Whether all weights are there already. The base is loaded only where they may be.
    func hasWeights(
        _ scored: Scored, _ tokens: [TokenItems], against load: () throws -> OfflineTeacher
    ) throws -> Bool {
        guard
            scored.plan.files.allSatisfy({
                FileManager.default.fileExists(atPath: json($0, ParallelQuantity.weightsSuffix))
            })
        else { return false }
        return try isThere(scored.plan, tokens, quantity(against: load(), scored.identity), scored.identity)
    }

    /// Writes the weights where they are not there yet. Returns the seconds that scoring and writing took.
    ///
    /// - Parameter teacher: a range's log-probs under the teacher.
    func makeWeights(
        _ scored: Scored, _ tokens: [TokenItems], against load: () throws -> OfflineTeacher,
        teacher: (ScoringPlan.Part) throws -> [Float]
    ) throws -> Double {
        let (plan, base) = (scored.plan, try load())
        let quantity = try quantity(against: base, scored.identity)
        guard try !isThere(plan, tokens, quantity, scored.identity) else { return 0 }
        return try Self.seconds {
            let ofBase = try score(plan, into: "base", base, TeacherReading(text.tokenizer))
            let weighting = try Weighting(StaticReMiT.name, epsilon: options.epsilon).make()
            try write(plan, tokens, quantity, of: scored.identity) { part in
                let (ofTeacher, ofBase) = (try teacher(part), try ofBase.values(part))
                var weights = [Float](repeating: .nan, count: part.items.count)
                try plan.forEachPiece(of: part, in: tokens[part.file]) { piece in
                    guard piece.count > 1 else { return }
                    let places =
                        piece.lowerBound - part.items.lowerBound..<piece.upperBound - part.items.lowerBound
                    let made = try weighting.weights(
                        LogProbSequence(
                            teacher: Array(ofTeacher[places]), student: Array(ofBase[places]),
                            scored: [Bool](repeating: true, count: places.count), documentStarts: [0]))
                    weights.replaceSubrange(places.dropFirst(), with: made.weights.dropFirst())
                }
                return weights
            }
        }
    }

    /// What weights against this base are, once it can read what the teacher read.
    private func quantity(against base: OfflineTeacher, _ teacher: ScoresIdentity) throws -> ParallelQuantity {
        guard base.tokenizer.fingerprint.hex == teacher.tokenizerFingerprint else {
            throw OfflineScoringError.otherBase(
                teacher: teacher.tokenizerFingerprint, base: base.tokenizer.fingerprint.hex)
        }
        try TeacherReading(text.tokenizer).check(base, sequenceLength: options.unit.tokens)
        return .weights(
            ParallelQuantity.StaticWeighting(
                base: base.name, baseModelFingerprint: base.identity.modelFingerprint,
                baseScoresFingerprint: base.identity.scoresFingerprint, epsilon: options.epsilon))
    }
}
