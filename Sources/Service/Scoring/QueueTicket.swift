import Sequences

/// What one request asked for, has, and still waits for.
struct QueueTicket {
    typealias Instant = ContinuousClock.Instant

    /// A segment that has no place in the queue yet.
    struct Deferred {
        let engine: any TeacherEngine
        /// The same, where it takes segments one by one.
        let concurrent: (any ConcurrentTeacherEngine)?
        let key: SegmentKey
        let segment: Segment
        let isKept: Bool

        var cost: Int { key.cost(of: segment) }
    }

    let jobs: [ScoringJob]
    let submitted: Instant
    /// Whether results are handed out as they finish.
    let streams: Bool
    var started: Instant?
    var finished: Instant?
    var outstanding: Set<SegmentKey> = []
    var results: [SegmentKey: TokenScores] = [:]
    /// Of a request that streams: what has finished since somebody looked.
    var news: [SegmentKey] = []
    /// Of a request larger than the queue: what comes in as room is made. It is outstanding too.
    var deferred: ArraySlice<Deferred> = []
    /// What it waits for that is in the queue, or running.
    var enteredCost = 0
    var failure: QueueError?
    var cachedTokens = 0
    var storedTokens = 0
    var sharedTokens = 0
    var computedTokens = 0

    init(jobs: [ScoringJob], streams: Bool, submitted: Instant) {
        self.jobs = jobs
        self.streams = streams
        self.submitted = submitted
    }

    /// Whether whoever waits for it has something to do.
    var isWorthWaking: Bool { outstanding.isEmpty || failure != nil || (streams && !news.isEmpty) }

    mutating func take(_ scores: TokenScores, for key: SegmentKey) {
        results[key] = scores
        if streams { news.append(key) }
    }

    mutating func finish(_ key: SegmentKey, _ result: Result<TokenScores, QueueError>, cost: Int, at now: Instant) {
        outstanding.remove(key)
        enteredCost -= cost
        switch result {
        case .success(let scores): take(scores, for: key)
        case .failure(let error): failure = error
        }
        if outstanding.isEmpty || failure != nil { finished = now }
    }

    /// What has finished since the last call, no longer kept here.
    mutating func takeNews() -> [SegmentKey: TokenScores] {
        var taken: [SegmentKey: TokenScores] = [:]
        for key in news { taken[key] = results.removeValue(forKey: key) }
        news = []
        return taken
    }

    /// What it cost; with the scores of a request that does not stream.
    var outcome: ScoringOutcome {
        let finished = finished ?? submitted
        let started = started ?? finished
        return ScoringOutcome(
            scores: streams
                ? [] : jobs.map { job in job.segments.map { results[job.key(of: $0)] ?? TokenScores(logProbs: []) } },
            cachedTokens: cachedTokens, storedTokens: storedTokens, sharedTokens: sharedTokens,
            computedTokens: computedTokens, queueTime: started - submitted, inferenceTime: finished - started)
    }
}
