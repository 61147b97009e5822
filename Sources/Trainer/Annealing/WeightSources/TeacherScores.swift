import Sequences
import Training

/// What a teacher says of the tokens of one window, for token weights.
package struct TeacherScores: Sendable, Equatable {
    /// Natural log-probs, NaN at the first token of each segment. [T]
    package var logProbs: [Float]
    /// Entropies of its distributions at temperature 1, in nats; empty where they are not asked for. [T], NaN where nothing is predicted
    package var entropies: [Float]

    /// - Parameter entropies: none, or one a token.
    package init(logProbs: [Float], entropies: [Float] = []) {
        self.logProbs = logProbs
        self.entropies = entropies
    }
}

/// A source of log-probs where one of scores is wanted: without entropies.
struct ScoresWithoutEntropies: StepSource {
    let source: any LogProbSource

    var scoresFingerprint: String? { source.scoresFingerprint }

    func request(_ batch: StepBatch) { source.request(batch) }

    func answer(_ batch: StepBatch) throws -> [TeacherScores] {
        try source.answer(batch).map { TeacherScores(logProbs: $0) }
    }
}
