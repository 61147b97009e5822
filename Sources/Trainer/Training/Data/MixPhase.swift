import Corpora

/// A part of a run on a mix, with weights of its own for the sources.
package struct MixPhase: Sendable, Equatable, Codable {
    /// Tokens of the phase; 1 or more.
    package var tokens: Int
    /// Shares of the phase by the sources' names, relative to one another; each above 0. A source that is not named gives nothing.
    package var weights: [String: Double]

    package init(tokens: Int, weights: [String: Double]) {
        self.tokens = tokens
        self.weights = weights
    }

    /// The phase of a corpus of these sources, named in ascending order.
    func phase(of sources: [String]) -> CorpusPhase {
        CorpusPhase(tokens: tokens, weights: sources.map { weights[$0] ?? 0 })
    }
}
