import Annealing
import ScoringAPI
import Sequences
import Transformers

/// The teacher's likeliest tokens, pulled ahead of their steps. Nothing keeps them: not the server, and here only until their step.
final class ServerSoftTargets: SoftTargetSource {
    private let connection: TeacherConnection
    private let answers: PulledAnswers<[TopLogProbs]>

    init(_ connection: TeacherConnection, topK: Int, vocabularySize: Int) {
        self.connection = connection
        answers = PulledAnswers { try Self.pull($0, connection, topK: topK, vocabularySize: vocabularySize) }
    }

    var scoresFingerprint: String? { connection.scoresFingerprint }

    func request(_ batch: StepBatch) { answers.request(batch) }

    func softTargets(_ batch: StepBatch) throws -> [TopLogProbs] { try answers.answer(batch) }

    private static func pull(
        _ batch: StepBatch, _ connection: TeacherConnection, topK: Int, vocabularySize: Int
    ) throws -> [TopLogProbs] {
        try connection.ranges(batch, topK: topK).flatMap { range in
            let windows = batch.windows[range]
            let request = ScoreMessages.logProbRequest(windows, topK: topK, pins: connection.pins)
            let response = try connection.logProbs(request, vocabularySize: vocabularySize)
            return ScoreMessages.softTargets(response, windows, topK: topK)
        }
    }
}
