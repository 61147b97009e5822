import Transformers

/// What one request asked for, has, and still waits for.
struct QueueTicket {
    typealias Instant = ContinuousClock.Instant

    /// A segment that has no place in the queue yet.
    struct Deferred {
        let engine: any TeacherEngine
        let key: SegmentKey
        let segment: Segment
        let isKept: Bool
    }

    let jobs: [ScoringJob]
    let submitted: Instant
    /// Whether results are handed out as they finish.
    let streams: Bool
    var started: Instant?
    var finished: Instant?
    var outstanding: Set<SegmentKey> = []
    var results: [SegmentKey: [Float]] = [:]
    /// Of a request that streams: what has finished since somebody looked.
    var news: [SegmentKey] = []
    /// Of a request larger than the queue: what comes in as room is made. It is outstanding too.
    var deferred: ArraySlice<Deferred> = []
    /// Tokens in the queue, or running, that it waits for.
    var enteredTokens = 0
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

    mutating func take(_ logProbs: [Float], for key: SegmentKey) {
        results[key] = logProbs
        if streams { news.append(key) }
    }

    mutating func finish(_ key: SegmentKey, _ result: Result<[Float], QueueError>, tokens: Int, at now: Instant) {
        outstanding.remove(key)
        enteredTokens -= tokens
        switch result {
        case .success(let logProbs): take(logProbs, for: key)
        case .failure(let error): failure = error
        }
        if outstanding.isEmpty || failure != nil { finished = now }
    }

    /// What has finished since the last call, no longer kept here.
    mutating func takeNews() -> [SegmentKey: [Float]] {
        var taken: [SegmentKey: [Float]] = [:]
        for key in news { taken[key] = results.removeValue(forKey: key) }
        news = []
        return taken
    }

    /// What it cost; with the log-probs of a request that does not stream.
    var outcome: ScoringOutcome {
        let finished = finished ?? submitted
        let started = started ?? finished
        return ScoringOutcome(
            logProbs: streams ? [] : jobs.map { job in job.segments.map { results[job.key(of: $0)] ?? [] } },
            cachedTokens: cachedTokens, storedTokens: storedTokens, sharedTokens: sharedTokens,
            computedTokens: computedTokens, queueTime: started - submitted, inferenceTime: finished - started)
    }
}
