import Annealing

/// The log-probs of another source, asked for on a thread of its own, ahead of their steps: files are read and hashed while the
/// student computes.
final class PrefetchedLogProbs: TeacherLogProbSource {
    private let source: any TeacherLogProbSource
    private let answers: PulledAnswers<[[Float]]>

    init(_ source: any TeacherLogProbSource) {
        self.source = source
        answers = PulledAnswers { try source.logProbs($0) }
    }

    var scoresFingerprint: String? { source.scoresFingerprint }

    func request(_ batch: StepBatch) { answers.request(batch) }

    func logProbs(_ batch: StepBatch) throws -> [[Float]] { try answers.answer(batch) }
}
