/// Selective language modelling: of the n scored positions of a sequence the ceil(keepFraction * n) with the largest
/// log p_R - log p_S count 1, the rest 0 (ties: the earlier), and the loss is divided by the number kept.
///
/// Source: Rho-1, arXiv 2404.07965, which ranks over a batch; here over the sequence, so that a weight does not depend on
/// the batch.
///
/// Complexity: O(n log n).
package struct Rho1: TokenWeighting {
    /// Word for this weighting on the command line, on the wire and in answers.
    package static let name = "rho1"

    /// Options, of which `keepFraction` alone is read: neither epsilon nor centering changes a weight of 0 or 1.
    package let options: Weighting
    /// The student at this step: which tokens are kept changes as it learns.
    package var studentSource: StudentSource { .current }
    /// True: the teacher is Rho-1's reference model, and tokens are ranked by how much likelier it finds them.
    package var needsTeacher: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Number of tokens kept of n scored ones: ceil(keepFraction * n), never more than n. The loss is divided by it.
    package func keptTokens(ofScored scoredTokens: Int) -> Int {
        min(scoredTokens, Int((options.keepFraction * Double(scoredTokens)).rounded(.up)))
    }

    /// Whether a weight is 0 or 1: a token is kept whole or not at all.
    package func allows(_ weight: Float) -> Bool { weight == 0 || weight == 1 }

    /// Weights 1 at the tokens kept, 0 at all others.
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        let differences = try sequence.differences(for: name)
        let scored = sequence.scored.indices.filter { sequence.scored[$0] }
        let kept = keptTokens(ofScored: scored.count)
        let ranked = scored.sorted { left, right in
            differences[left] == differences[right] ? left < right : differences[left] > differences[right]
        }
        var weights = [Float](repeating: 0, count: sequence.count)
        for at in ranked.prefix(kept) { weights[at] = 1 }
        return WeightedSequence(weights: weights, scored: sequence.scored, keptTokens: kept)
    }
}
