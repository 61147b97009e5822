import Dispatch
import Sequences
import System

/// Engines that take many segments at once: started as they have places, on no thread of the queue's.
extension ScoreQueue {
    /// Has the engines of these jobs tell this queue when they have room. One that has become another refuses here what is kept of the
    /// one that it was.
    func attach(_ jobs: [ScoringJob]) throws(QueueError) {
        for job in jobs {
            guard let engine = job.concurrentEngine else { continue }
            if case .changed = engine.fault, let fault = engine.fault { throw .engine(fault) }
            let isNew = shared.withLock { shared in
                shared.attached = shared.attached.filter { $0.value.engine != nil }
                return shared.attached.updateValue(Attached(engine: engine), forKey: ObjectIdentifier(engine)) == nil
            }
            if isNew { engine.onChange { [weak self] in self?.proceed() } }
        }
    }

    /// Hands jobs that were taken out of the queue to their engines.
    func start(_ jobs: [ScoreQueueState.Job]) {
        guard !jobs.isEmpty else { return }
        for job in jobs {
            let asked = EngineJob(id: job.id, tokenIDs: job.segment.tokenIDs, job.key.detail)
            // Kept until the engine has looked at itself: without the job, which holds the engine.
            job.engine.start(
                asked, then: { [self] in finish(job, $0) },
                vouched: { [self, id = job.id, key = job.key.plain] in settle(id, key, isSame: $0) })
        }
        // Who left between the two could not abort what had not begun.
        let gone = shared.withLock { shared in jobs.filter { !shared.state.isRunning($0.id) } }
        for job in gone { job.engine.abort(job.id) }
    }

    /// On a thread of the engine's.
    private func finish(_ job: ScoreQueueState.Job, _ given: Result<TokenScores, EngineFault>) {
        let result = Result { () throws(QueueError) in
            let scores: TokenScores
            do throws(EngineFault) { scores = try given.get() } catch { throw .engine(error) }
            return try scores.segments(Spans(whole: job.segment.tokenCount), of: [job.key], asked: job.key.detail)[0]
        }
        let signals: [WakePipe]? = update { shared in
            shared.state.finish(job: job.id, result, at: .now).map { shared.signals(of: $0) }
        }
        guard let signals else { return proceed() }
        var failures: [String] = []
        if case .failure(let error) = result { failures = [error.description] }
        onBatch(
            BatchReport(
                scoresFingerprint: job.key.scoresFingerprint, segments: 1, tokens: job.segment.tokenCount,
                prefixTokens: 0, duration: .now - job.started, failures: failures))
        signals.forEach { $0.wake() }
        proceed()
    }

    /// On a thread of the engine's, behind `finish`.
    private func settle(_ job: ScoreQueueState.JobID, _ key: SegmentKey, isSame: Bool) {
        if let stored = shared.withLock({ $0.state.settle(job: job, key, isSame: isSame) }) { store?.append([stored]) }
    }

    /// Has all engines elsewhere look at what they gave, side by side, so that it is stored: for as long as `lastLook` at most. Blocks.
    package func settle() {
        guard store != nil else { return }
        let engines = shared.withLock { $0.attached.values.compactMap(\.engine) }
        let done = DispatchSemaphore(value: 0)
        for engine in engines {
            @Sendable func settle() {
                engine.settle(patience: lastLook)
                done.signal()
            }
            do { try DetachedThread.start("remit-settle", stackBytes: 1 << 20, settle) } catch { settle() }
        }
        for _ in engines { done.wait() }
    }
}
