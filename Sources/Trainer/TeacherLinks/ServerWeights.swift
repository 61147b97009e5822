import Annealing
import ScoringAPI
import TokenWeights
import Training

/// Weights that the server computes, from the student's log-probs as they are at this step (or from its own frozen base). The log-probs of the
/// teacher are asked for ahead as well, so that the server has them when the student's arrive.
final class ServerWeights: StepSource {
    private let connection: TeacherConnection
    private let ahead: any LogProbSource
    private let sendsStudent: Bool
    private let choice: Weighting

    init(_ connection: TeacherConnection, sendsStudent: Bool, choice: Weighting) {
        self.connection = connection
        self.sendsStudent = sendsStudent
        self.choice = choice
        ahead = connection.logProbSource()
    }

    var scoresFingerprint: String? { connection.scoresFingerprint }

    func request(_ batch: StepBatch) { ahead.request(batch) }

    func answer(_ question: WeightQuestion) throws -> [WindowWeights] {
        _ = try ahead.answer(question.batch)
        let windows = Array(question.batch.windows[question.windows])
        return try connection.answers(windows) { [connection, sendsStudent, choice] range in
            let request = ScoreMessages.weightsRequest(
                windows[range], student: sendsStudent ? Array(question.student[range]) : nil, choice: choice,
                pins: try connection.pins)
            let response = try connection.weights(request)
            let weights = ScoreMessages.split(response.weights ?? [], windows[range])
            return weights.enumerated().map { index, weights in
                let statistics = response.statistics.flatMap { index < $0.count ? $0[index] : nil }
                return WindowWeights(
                    weights: weights, clippedLow: statistics?.clippedLow ?? 0,
                    clippedHigh: statistics?.clippedHigh ?? 0)
            }
        }
    }
}
