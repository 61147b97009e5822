import Digests
import Sequences

/// What engines that take many segments at once run next, and what becomes of it.
extension ScoreQueueState {
    /// Number of a job; never given twice.
    package typealias JobID = Int

    /// A segment that an engine scores on its own.
    package struct Job: Sendable {
        /// Names the run of the segment: where it is aborted and the segment asked for again, that is another job.
        package let id: JobID
        /// The engine that has a place for it.
        package let engine: any ConcurrentTeacherEngine
        /// Name of the result.
        package let key: SegmentKey
        /// What is scored.
        package let segment: Segment
        /// When it was taken out of the queue.
        package let started: Instant
    }

    /// Brings in what there is room for and takes out the jobs that can begin now, until neither gives the other anything to do: an engine
    /// that takes nothing makes room by failing who waits for it, and what enters may be for an engine with places.
    ///
    /// - Returns: the jobs, which the caller starts; and the requests that somebody has to look at.
    package mutating func proceed(at now: Instant) -> (jobs: [Job], awake: [TicketID]) {
        var (jobs, awake) = nextJobs(at: now)
        while !unentered.isEmpty {
            let before = deferredCount
            awake += refill(at: now)
            guard deferredCount < before else { break }
            let next = nextJobs(at: now)
            jobs += next.jobs
            awake += next.awake
        }
        return (jobs, awake)
    }

    /// Segments of requests larger than the queue that have no place in it yet.
    private var deferredCount: Int { unentered.reduce(0) { $0 + (tickets[$1]?.deferred.count ?? 0) } }

    /// Takes out what can begin now, marked as running, as many as the engines have places for. Where an engine takes nothing, all who
    /// wait for it fail.
    ///
    /// - Returns: the jobs, which the caller starts; and the requests that somebody has to look at.
    package mutating func nextJobs(at now: Instant) -> (jobs: [Job], awake: [TicketID]) {
        var (jobs, awake) = ([Job](), [TicketID]())
        for engine in Array(concurrentLanes.keys) {
            // Taken out while it changes: the closures below read the rest.
            guard var lane = concurrentLanes.removeValue(forKey: engine) else { continue }
            if let fault = lane.engine.fault {
                awake += failWaiting(for: &lane, fault, at: now)
            } else {
                while let key = nextKey(&lane) { jobs.append(begin(key, &lane, at: now)) }
            }
            lane.waiting.compact(where: isWaiting)
            if lane.running > 0 || !lane.waiting.tickets.isEmpty { concurrentLanes[engine] = lane }
        }
        return (jobs, awake)
    }

    /// The segment whose turn it is, if the engine has a place for it.
    private func nextKey(_ lane: inout ConcurrentLane) -> SegmentKey? {
        guard let oldest = lane.waiting.oldest(where: isWaiting), lane.engine.claim() else { return nil }
        var waiting = WaitingLanes()
        swap(&waiting, &lane.waiting)
        defer { swap(&waiting, &lane.waiting) }
        let ticket = lane.turns.next { ticket in
            waiting.first(of: ticket, where: isWaiting).flatMap { key in items[key].map { key.cost(of: $0.segment) } }
        }
        return waiting.first(of: ticket ?? oldest, where: isWaiting)
    }

    private mutating func begin(_ key: SegmentKey, _ lane: inout ConcurrentLane, at now: Instant) -> Job {
        guard let segment = items[key]?.segment else { preconditionFailure("what waits is an item") }
        let job = Job(id: nextJob, engine: lane.engine, key: key, segment: segment, started: now)
        nextJob += 1
        runningJobs[job.id] = job
        start(key, job: job.id, at: now)
        lane.began(at: now)
        return job
    }

    private mutating func failWaiting(
        for lane: inout ConcurrentLane, _ fault: EngineFault, at now: Instant
    ) -> [TicketID] {
        var awake: [TicketID] = []
        for ticket in lane.waiting.tickets {
            // Others may wait for the same from another engine of these scores.
            for key in lane.waiting.remove(ticket) where isWaiting(key) {
                guard let item = items[key], item.waiters.contains(ticket) else { continue }
                items[key]?.waiters.removeAll { $0 == ticket }
                if item.waiters.count == 1 {
                    items[key] = nil
                    removePending(item.segment, key)
                }
                tickets[ticket]?.finish(key, .failure(.engine(fault)), cost: key.cost(of: item.segment), at: now)
                if awake.last != ticket { awake.append(ticket) }
            }
        }
        return awake
    }

    /// Whether the job is still the one that its segment is scored by.
    package func isRunning(_ job: JobID) -> Bool { runningJobs[job] != nil }

    /// Hands a job's result to everyone who waits for its segment; nil, and nothing is changed, where the job was aborted.
    ///
    /// Log-probs worth storing wait for `settle`.
    ///
    /// - Returns: the requests that somebody has to look at.
    package mutating func finish(
        job id: JobID, _ result: Result<TokenScores, QueueError>, at now: Instant
    ) -> [TicketID]? {
        guard let job = runningJobs.removeValue(forKey: id) else { return nil }
        if items[job.key]?.isKept == true, !isKnown(job.key.plain), case .success(let scores) = result {
            unvouched[job.key.plain] = Unvouched(job: id, logProbs: scores.logProbs)
        }
        if let busy = concurrentLanes[ObjectIdentifier(job.engine)]?.ended(at: now), case .success = result {
            record(tokens: job.segment.tokenCount, inBusyTime: busy, engine: job.key.scoresFingerprint)
        }
        return finish(job.key, result, at: now)
    }

    /// Takes a job back that nobody waits for any more; whoever holds the lock hands it to `takeAborted` afterwards.
    mutating func abort(_ id: JobID, at now: Instant) {
        guard let job = runningJobs.removeValue(forKey: id) else { return }
        _ = concurrentLanes[ObjectIdentifier(job.engine)]?.ended(at: now)
        aborted.append(job)
    }

    /// The jobs that were taken back since the last call. The engines have to be told.
    package mutating func takeAborted() -> [Job] {
        defer { aborted = [] }
        return aborted
    }
}
