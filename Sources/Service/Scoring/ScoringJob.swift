import Sequences

/// Segments to be scored by one engine. A request may bring several jobs (teacher and base); it is all or nothing.
package struct ScoringJob: Sendable {
    /// The engine that scores the segments; its scores fingerprint is part of their keys.
    package let engine: any TeacherEngine
    /// What is to be scored, in the caller's order; equal ones are scored once.
    package let segments: [Segment]
    /// Numbers of the segments in the order in which they wait: those that begin alike together, where the engine shares prefixes.
    let order: [Int]
    /// Whether results are looked up in cache and store, and kept there.
    package let isKept: Bool
    /// What is wanted beside the log-probs. It is computed anew each time and kept nowhere; the log-probs that come with it are, as any
    /// others.
    package let detail: ScoreDetail
    /// The engine, where it takes many segments at once.
    let concurrentEngine: (any ConcurrentTeacherEngine)?

    /// A job of one engine.
    package init(
        engine: any TeacherEngine, segments: [Segment], isKept: Bool = true, detail: ScoreDetail = .none
    ) {
        self.engine = engine
        concurrentEngine = engine as? any ConcurrentTeacherEngine
        self.segments = segments
        order =
            engine.sharesPrefixes && segments.count > 1
            ? PrefixTree(segments.lazy.map { $0.tokenIDs[...] }).together() : Array(segments.indices)
        self.isKept = isKept
        self.detail = detail
    }

    /// The key under which a segment's scores are shared, cached and stored: fingerprint of the engine, hash of the ids, detail.
    package func key(of segment: Segment) -> SegmentKey {
        SegmentKey(scoresFingerprint: engine.scoresFingerprint, segment: segment.digest, detail)
    }
}

/// What a request gets back: the scores, and what they cost.
package struct ScoringOutcome: Sendable {
    /// The scores by job, by segment, in the order of the request; empty for one that streams.
    package var scores: [[TokenScores]]
    /// Tokens of segments whose log-probs were in memory.
    package var cachedTokens: Int
    /// Tokens of segments whose log-probs came from the store.
    package var storedTokens: Int
    /// Tokens of segments that other requests were already waiting for.
    package var sharedTokens: Int
    /// Tokens of segments scored for this request.
    package var computedTokens: Int
    /// The time from entering the queue to the first batch that held one of the request's segments.
    package var queueTime: Duration
    /// The time from that first batch to the request's last result.
    package var inferenceTime: Duration

    /// Natural log-probs by job, by segment, by position; NaN at each segment's first.
    package var logProbs: [[[Float]]] { scores.map { $0.map(\.logProbs) } }

    /// Tokens that the request asked for, each segment once, wherever its log-probs came from.
    package var totalTokens: Int { cachedTokens + storedTokens + sharedTokens + computedTokens }
}
