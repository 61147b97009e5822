import Annealing
import Foundation

/// Pulls a step's answer over HTTP on a thread of its own, step by step in the order in which they were announced.
final class PulledAnswers<Answer: Sendable>: Sendable {
    private let board = AnswerBoard<Answer>()
    private let pull: @Sendable (StepBatch) throws -> Answer

    init(_ pull: @escaping @Sendable (StepBatch) throws -> Answer) {
        self.pull = pull
        let thread = Thread { [board] in
            while let batch = board.nextAnnounced() { board.post(Result { try pull(batch) }, step: batch.step) }
        }
        thread.name = "remit-teacher"
        thread.start()
    }

    deinit { board.close() }

    func request(_ batch: StepBatch) { board.announce(batch) }

    func answer(_ batch: StepBatch) throws -> Answer {
        do {
            return try board.answer(step: batch.step)
        } catch AnnealingError.teacherAway {
            // That was found when the step was announced: a server may be back by now.
            let answer = Result { try pull(batch) }
            board.post(answer, step: batch.step)
            return try answer.get()
        }
    }
}
