import Digests
import Sequences

/// The first batches of an engine: they touch every page of its parameters and give the rate that /info and Retry-After
/// state until requests come. Their ids are drawn anew each time, so that no cache and no store knows them, and their
/// results are kept nowhere.
package enum WarmUp {
    /// Scores two small made-up batches through the queue; returns the rate measured. Nil where the queue is full: a teacher
    /// that is loaded into a busy server does without, its first requests warm it.
    package static func run(
        _ engine: any TeacherEngine, rules: SequenceRules, queue: ScoreQueue
    ) throws -> Double? {
        for tokens in [16, 256] {
            let length = min(tokens, rules.maxSequenceTokens)
            let ids = (0..<length).map { _ in Int32.random(in: 0..<Int32(rules.vocabularySize)) }
            let job = ScoringJob(engine: engine, segments: [Segment(tokenIDs: ids)], isKept: false)
            do {
                _ = try queue.scores([job], deadline: .now + .seconds(3600))
            } catch {
                if case .full = error { return nil }
                throw error
            }
        }
        return queue.tokensPerSecond(of: engine.scoresFingerprint)
    }
}
