/// What a source of a mix has, and what part of an epoch it gives.
package struct MixShare: Sendable, Equatable {
    /// Part of an epoch's tokens, relative to the other sources' weights; above 0.
    package let weight: Double
    /// How often one epoch may go through the source; above 0.
    package let repeats: Double
    /// Tokens of the source.
    package let tokens: Double

    package init(weight: Double, repeats: Double, tokens: Double) {
        self.weight = weight
        self.repeats = repeats
        self.tokens = tokens
    }

    /// Tokens of one epoch of a mix without phases: as many as its sources allow without one being gone through more
    /// than its `repeats` times. 0 without sources.
    ///
    ///     E = min over sources of repeats * tokens / share        share = weight / sum of weights
    package static func epochTokens(_ sources: [MixShare]) -> Double {
        let total = sources.reduce(0) { $0 + $1.weight }
        return sources.map { $0.repeats * $0.tokens * total / $0.weight }.min() ?? 0
    }
}
