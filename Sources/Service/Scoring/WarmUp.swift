import Digests
import Sequences

/// The first batches of an engine: they touch every page of its parameters and give the rate that /info and Retry-After
/// state until requests come. Their ids are drawn anew each time, so that no cache and no store knows them, and their
/// results are kept nowhere.
package enum WarmUp {
    private static let first = 16
    private static let most = 256
    /// Seconds that the second batch should take at most, by what the first one took: nobody waits long for a large model's rate. Where
    /// the first took as long, its rate does.
    private static let seconds = 0.25

    /// Scores one or two small made-up batches through the queue, the second one as large as a quarter of a second lets it be; returns the
    /// rate measured. Nil where the queue is full: a teacher that is loaded into a busy server does without, its first requests warm it.
    package static func run(
        _ engine: any TeacherEngine, rules: SequenceRules, queue: ScoreQueue
    ) throws -> Double? {
        var tokens = first
        for _ in 0..<2 {
            let length = min(tokens, rules.maxSequenceTokens)
            let start = ContinuousClock.now
            let ids = (0..<length).map { _ in Int32.random(in: 0..<Int32(rules.vocabularySize)) }
            let job = ScoringJob(engine: engine, segments: [Segment(tokenIDs: ids)], isKept: false)
            do {
                _ = try queue.scores([job], deadline: .now + .seconds(3600))
            } catch {
                if case .full = error { return nil }
                throw error
            }
            let took = (.now - start) / .seconds(1)
            if took >= seconds { break }
            let rate = Double(length) / max(took, 1e-9)
            tokens = Int(min(max(rate * seconds, Double(first)), Double(most)))
        }
        return queue.tokensPerSecond(of: engine.scoresFingerprint)
    }
}
