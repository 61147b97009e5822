import Annealing
import ScoringAPI

/// The teacher's log-probs, pulled ahead of their steps.
final class ServerLogProbs: TeacherLogProbSource {
    private let connection: TeacherConnection
    private let answers: PulledAnswers<[[Float]]>

    init(_ connection: TeacherConnection) {
        self.connection = connection
        answers = PulledAnswers { try Self.pull($0, connection) }
    }

    var scoresFingerprint: String? { connection.scoresFingerprint }

    func request(_ batch: StepBatch) { answers.request(batch) }

    func logProbs(_ batch: StepBatch) throws -> [[Float]] { try answers.answer(batch) }

    private static func pull(_ batch: StepBatch, _ connection: TeacherConnection) throws -> [[Float]] {
        try connection.ranges(batch).flatMap { range in
            let windows = batch.windows[range]
            let response = try connection.logProbs(ScoreMessages.logProbRequest(windows, pins: connection.pins))
            return ScoreMessages.split(response.teacherLogProbs, windows)
        }
    }
}
