import Annealing
import System
import Training

/// Answers for whole steps, each asked for on a thread of its own ahead of its step, step by step in the order in which they were
/// announced: a server computes, or files are read and hashed, while the student does.
package final class PulledAnswers<Answer: Sendable>: StepSource {
    private let board = AnswerBoard<Answer>()
    private let pull: @Sendable (StepBatch) throws -> Answer
    private let fingerprint: @Sendable () -> String?
    /// Why nothing is pulled ahead: the system had no thread to give.
    private let fault: SystemError?

    /// - Parameters:
    ///   - scoresFingerprint: of what was pulled so far.
    ///   - pull: the answer for a step, waited for.
    package init(
        scoresFingerprint: @escaping @Sendable () -> String?, _ pull: @escaping @Sendable (StepBatch) throws -> Answer
    ) {
        fingerprint = scoresFingerprint
        self.pull = pull
        do throws(SystemError) {
            try DetachedThread.start("remit-teacher", stackBytes: 8 << 20) { [board] in
                while let batch = board.nextAnnounced() { board.post(Result { try pull(batch) }, step: batch.step) }
            }
            fault = nil
        } catch {
            fault = error
        }
    }

    /// Another source, asked ahead of its steps.
    package convenience init(ahead source: any StepSource<StepBatch, Answer>) {
        self.init(scoresFingerprint: { source.scoresFingerprint }, { try source.answer($0) })
    }

    deinit { board.close() }

    /// Scores fingerprint of what was pulled so far; nil before the first answer.
    package var scoresFingerprint: String? { fingerprint() }

    /// Announces a step to the thread that pulls.
    package func request(_ batch: StepBatch) { board.announce(batch) }

    /// What was pulled for an announced step; waits for it. Pulled anew, on the caller's thread, where no server had answered.
    ///
    /// - Throws: `SystemError` where there was no thread to pull; what pulling threw.
    package func answer(_ batch: StepBatch) throws -> Answer {
        if let fault { throw fault }
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
