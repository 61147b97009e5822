import Annealing
import Foundation
import Training

/// Where the training thread leaves what it will need, and the pulling thread what came.
///
/// `@unchecked Sendable`: all state is read and written under `condition`'s lock.
package final class AnswerBoard<Answer: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var announced: [StepBatch] = []
    private var answers: [Int: Result<Answer, any Error>] = [:]
    private var isClosed = false

    package init() {}

    /// Puts up a step to be pulled; those put up first are pulled first.
    package func announce(_ batch: StepBatch) {
        change { announced.append(batch) }
    }

    /// Takes down the step to pull next, and waits for one where there is none; nil once the board is closed.
    package func nextAnnounced() -> StepBatch? {
        condition.withLock {
            while announced.isEmpty, !isClosed { condition.wait() }
            return isClosed ? nil : announced.removeFirst()
        }
    }

    /// Puts up what came for a step, or why nothing did. A later post for the step replaces it.
    package func post(_ answer: Result<Answer, any Error>, step: Int) {
        change { answers[step] = answer }
    }

    /// Waits for an announced step's answer. It is kept until a later step is asked for: micro-batches ask again.
    ///
    /// - Throws: the error that was posted for the step; `TrainingError.interrupted` where the board is closed before one comes.
    package func answer(step: Int) throws -> Answer {
        try condition.withLock {
            answers = answers.filter { $0.key >= step }
            while answers[step] == nil, !isClosed { condition.wait() }
            guard let answer = answers[step] else { throw TrainingError.interrupted }
            return try answer.get()
        }
    }

    /// Ends all waiting, now and later. Answers that are there can still be had.
    package func close() {
        change { isClosed = true }
    }

    private func change(_ body: () -> Void) {
        condition.withLock {
            body()
            condition.broadcast()
        }
    }
}
