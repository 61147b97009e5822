import Digests

/// A part of a run in which the sources of a mix have weights of their own.
package struct CorpusPhase: Sendable, Equatable {
    /// Tokens of the phase, 1 or more.
    package let tokens: Int
    /// Part of the phase's tokens that each source gives, relative to the others, in the order of `Corpus.sources`; 0: none.
    package let weights: [Double]

    /// - Parameter weights: none below 0 or infinite, and one at least above 0.
    package init(tokens: Int, weights: [Double]) {
        precondition(tokens > 0 && weights.contains { $0 > 0 }, "a phase has tokens, and a source that gives them")
        precondition(weights.allSatisfy { $0 >= 0 && $0.isFinite }, "weights are not negative")
        self.tokens = tokens
        self.weights = weights
    }

    func addFields(to hasher: inout SHA256Hasher) {
        hasher.update(littleEndian: UInt64(tokens))
        for weight in weights { hasher.update(littleEndian: weight.bitPattern) }
    }
}
