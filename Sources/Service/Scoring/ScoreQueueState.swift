import Digests
import Sequences

/// The queue's decisions, without threads: what waits, for whom, in which order, what is known already.
///
/// Equal segments are one item however many requests wait for it. An item lives from the first request that needs it
/// until its batch is done or nobody waits for it any more.
package struct ScoreQueueState {
    /// The number of a request, in the order of arrival; never given twice.
    package typealias TicketID = Int
    /// A moment on the monotonic clock: the caller brings the time.
    package typealias Instant = ContinuousClock.Instant

    /// Segments that go through one forward pass of one engine.
    package struct Batch: Sendable {
        /// The engine of all its segments.
        package let engine: any TeacherEngine
        /// One key a segment, in the order of `segments`.
        package let keys: [SegmentKey]
        /// What is packed into the batch.
        package let segments: [Segment]
        /// Whether the results of each segment are worth keeping, in the order of `segments`.
        package let isKept: [Bool]
        /// Tokens that are computed once for several of the segments.
        package let prefixTokens: Int
        /// Tokens of all segments together.
        package var tokenCount: Int { segments.reduce(0) { $0 + $1.tokenCount } }
    }

    /// Queued or running of one engine.
    struct Pending {
        var tokens = 0
        var cost = 0
    }

    struct Item {
        let engine: any TeacherEngine
        let segment: Segment
        var waiters: [TicketID]
        /// Whether any job that waits for it keeps its results.
        var isKept: Bool
        var isRunning = false
        /// The job that scores it, where one of a concurrent engine does.
        var job: JobID?
    }

    struct Unvouched {
        let job: JobID
        let logProbs: [Float]
    }

    let planner: BatchPlanner
    /// Most tokens waiting or running; what other requests wait for already needs no room.
    package let maxQueuedTokens: Int
    /// Log-probs of segments scored lately, without their likeliest tokens.
    package internal(set) var cache: SegmentCache
    /// Log-probs that an engine elsewhere gave and has not vouched for: good for an answer, as those in the cache, and not to be stored.
    var unvouched: [SegmentKey: Unvouched] = [:]
    var items: [SegmentKey: Item] = [:]
    var pending: [SHA256Digest: Pending] = [:]
    /// Of engines that somebody waits for.
    var lanes: [SHA256Digest: WaitingLanes] = [:]
    /// Likewise, of those that take segments one by one: of each its own, also of two with one fingerprint, of which one may be stuck. A
    /// lane holds its engine, so that no other has its identifier.
    var concurrentLanes: [ObjectIdentifier: ConcurrentLane] = [:]
    var runningJobs: [JobID: Job] = [:]
    var nextJob: JobID = 0
    /// Jobs that nobody waits for and whose engines have not been told.
    var aborted: [Job] = []
    var tickets: [TicketID: QueueTicket] = [:]
    /// Requests larger than the queue that have not entered whole, oldest first. Some of them may have left.
    var unentered: [TicketID] = []
    var nextTicket: TicketID = 0
    private var meters: [SHA256Digest: ThroughputMeter] = [:]
    var turns = EngineTurns()

    /// An empty queue; sizes in tokens, as in `ScoreQueue.Configuration`.
    package init(maxBatchTokens: Int, maxQueuedTokens: Int, cacheTokens: Int) {
        planner = BatchPlanner(maxBatchTokens: maxBatchTokens)
        self.maxQueuedTokens = maxQueuedTokens
        cache = SegmentCache(maxTokens: cacheTokens)
    }

    /// Tokens queued or running; a token with k likeliest tokens counts 1 + k times.
    package var queuedTokens: Int { pending.values.reduce(0) { $0 + $1.cost } }

    /// How long the work ahead will take, by the measured rates; one second at least, ten minutes at most.
    package var backlog: Duration {
        let seconds = pending.reduce(0.0) { sum, pending in
            let tokens = pending.value.tokens
            return sum + Double(tokens) / (meters[pending.key]?.tokensPerSecond ?? Double(max(tokens, 1)))
        }
        return .seconds(min(max(seconds, 1), 600))
    }

    /// The measured rate of an engine; nil before its first batch that did not fail.
    package func tokensPerSecond(of engine: SHA256Digest) -> Double? { meters[engine]?.tokensPerSecond }

    /// Notes that a batch is done. One that failed takes its time from the engine's share, and says nothing of its rate.
    package mutating func record(tokens: Int, in duration: Duration, engine: SHA256Digest, hasFailed: Bool = false) {
        turns.charge(engine, duration)
        if !hasFailed { meters[engine, default: ThroughputMeter()].record(tokens: tokens, in: duration) }
    }

    /// Notes tokens that an engine which has many segments at once finished in so much wall time.
    mutating func record(tokens: Int, inBusyTime duration: Duration, engine: SHA256Digest) {
        meters[engine, default: ThroughputMeter()].record(tokens: tokens, in: duration)
    }

    func isWaiting(_ key: SegmentKey) -> Bool { items[key].map { !$0.isRunning } ?? false }

    mutating func addPending(_ segment: Segment, _ key: SegmentKey) {
        pending[key.scoresFingerprint, default: Pending()].tokens += segment.tokenCount
        pending[key.scoresFingerprint]?.cost += key.cost(of: segment)
    }

    mutating func removePending(_ segment: Segment, _ key: SegmentKey) {
        let engine = key.scoresFingerprint
        pending[engine]?.tokens -= segment.tokenCount
        pending[engine]?.cost -= key.cost(of: segment)
        if pending[engine]?.tokens ?? 0 <= 0 { pending[engine] = nil }
    }
}
