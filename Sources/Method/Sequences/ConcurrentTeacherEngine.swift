/// A segment to be scored by a `ConcurrentTeacherEngine`.
package struct EngineJob: Sendable {
    /// Names the job among all that the engine has; never given twice by one who starts jobs.
    package let id: Int
    /// Ids of the segment. [T], at least one.
    package let tokenIDs: [Int32]
    /// What is wanted beside the log-probs.
    package let detail: ScoreDetail

    package init(id: Int, tokenIDs: [Int32], _ detail: ScoreDetail = .none) {
        (self.id, self.tokenIDs, self.detail) = (id, tokenIDs, detail)
    }
}

/// A frozen model that computes elsewhere and takes many segments at once, each on its own.
///
/// Whoever starts jobs claims a place for each first, so that what does not fit waits where requests take turns, not in the engine. All
/// calls return at once and may come from any thread; the engine calls back without holding a lock.
package protocol ConcurrentTeacherEngine: TeacherEngine, AnyObject {
    /// Why the engine takes no jobs now; nil while it does.
    var fault: EngineFault? { get }

    /// Claims a place for one job, which `start` takes. False where none is free.
    func claim() -> Bool

    /// Begins a job in a place that was claimed.
    ///
    /// - Parameters:
    ///   - then: called once, with the scores of the segment or why there are none; whether it is called for a job that was aborted is
    ///     left open.
    ///   - vouched: called once after `then` was given scores: whether the model was still the one of the fingerprint when it was looked
    ///     at next. Until then they are good for an answer, and not to be kept for ever.
    func start(
        _ job: EngineJob, then: @escaping @Sendable (Result<TokenScores, EngineFault>) -> Void,
        vouched: @escaping @Sendable (_ isSame: Bool) -> Void)

    /// Has the model looked at now where `vouched` is still to be called, and waits for that, at most for `patience`. Blocks.
    func settle(patience: Duration)

    /// Ends a job that nobody waits for: what computes it is told. Without effect where it is over.
    func abort(_ id: Int)

    /// Sets what is called when places may have become free, or `fault` another, for a reason other than that a job ended.
    func onChange(_ call: @escaping @Sendable () -> Void)
}
