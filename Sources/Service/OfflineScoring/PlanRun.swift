import Corpora
import ScoreFiles
import System
import Tokenizers

/// Scores ranges of a plan into a folder of results, beside any number of other workers, those of `python -m remit.score` among them.
/// Killed at any moment it loses one range, which another takes over.
package struct PlanRun {
    private let plan: ScoringPlan
    private let tokenizer: Tokenizer
    private let options: Options
    private let stop: StopFlag
    private let onEvent: (OfflineScoringEvent) -> Void

    /// How a worker scores.
    package struct Options: Sendable {
        /// Folder of the results.
        package var results: String
        /// How numbers are stored.
        package var element: ScoreElement
        /// Most tokens of a batch, but for a longer single piece.
        package var maxBatchTokens: Int
        /// After so long without a sign of life another worker's claim is nobody's.
        package var lease: Duration

        package init(results: String, element: ScoreElement, maxBatchTokens: Int, lease: Duration) {
            self.results = results
            self.element = element
            self.maxBatchTokens = maxBatchTokens
            self.lease = lease
        }
    }

    /// A worker at a plan; nothing is begun yet.
    ///
    /// - Parameter tokenizer: what made the ids of the token files.
    package init(
        _ plan: ScoringPlan, tokenizer: Tokenizer, options: Options, stop: StopFlag,
        onEvent: @escaping (OfflineScoringEvent) -> Void
    ) {
        self.plan = plan
        self.tokenizer = tokenizer
        self.options = options
        self.stop = stop
        self.onEvent = onEvent
    }

    /// Works until every range is there.
    ///
    /// - Parameter workerNumber: tells workers apart: each begins at another range.
    /// - Throws: `OfflineScoringError`, `ScoreFileError`, `CorpusError`, and what the engine throws.
    package func run(_ teacher: OfflineTeacher, workerNumber: Int) throws -> OfflineScoringSummary {
        let reading = TeacherReading(tokenizer)
        try reading.check(teacher, sequenceLength: plan.unit.tokens)
        let identity = teacher.identity
        for (what, planned, given) in [
            ("model_fingerprint", plan.modelFingerprint, identity.modelFingerprint),
            ("tokenizer_fingerprint", plan.tokenizerFingerprint, identity.tokenizerFingerprint),
        ] {
            guard let planned, planned != given else { continue }
            throw OfflineScoringError.otherTeacher(plan: plan.path, what: what, planned: planned, given: given)
        }
        let results = try RangeResults(options.results)
        let start = ContinuousClock.now
        try RangeWorker(
            plan: plan, results: results, claims: results.claims(lease: options.lease), teacher: teacher,
            unreadable: reading.unreadable(teacher) { onEvent(.remark($0)) }, element: options.element,
            maxBatchTokens: options.maxBatchTokens, stop: stop, onEvent: onEvent
        ).run(from: plan.parts.isEmpty ? 0 : workerNumber % plan.parts.count)
        return OfflineScoringSummary(
            parts: plan.parts.count, tokens: plan.items, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
