import Annealing
import Foundation
import ScoringAPI

/// Pulls the teacher's log-probs over HTTP on a thread of its own, step by step in the order in which they were announced.
final class ServerLogProbs: TeacherLogProbSource {
    private let connection: TeacherConnection
    private let board = AnswerBoard()

    init(_ connection: TeacherConnection) {
        self.connection = connection
        let thread = Thread { [board] in
            while let batch = board.nextAnnounced() {
                board.post(Result { try Self.pull(batch, connection) }, step: batch.step)
            }
        }
        thread.name = "remit-teacher"
        thread.start()
    }

    deinit { board.close() }

    var scoresFingerprint: String? { connection.scoresFingerprint }

    func request(_ batch: StepBatch) { board.announce(batch) }

    func logProbs(_ batch: StepBatch) throws -> [[Float]] {
        do {
            return try board.answer(step: batch.step)
        } catch AnnealingError.teacherAway {
            // That was found when the step was announced: a server may be back by now.
            let answer = Result { try Self.pull(batch, connection) }
            board.post(answer, step: batch.step)
            return try answer.get()
        }
    }

    private static func pull(_ batch: StepBatch, _ connection: TeacherConnection) throws -> [[Float]] {
        try connection.ranges(batch).flatMap { range in
            let windows = batch.windows[range]
            let response = try connection.logProbs(ScoreMessages.logProbRequest(windows, pins: connection.pins))
            return ScoreMessages.split(response.teacherLogProbs, windows)
        }
    }
}
