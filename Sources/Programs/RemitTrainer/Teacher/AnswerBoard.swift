import Annealing
import Foundation

/// Where the training thread leaves what it will need, and the pulling thread what came.
///
/// `@unchecked Sendable`: all state is read and written under `condition`'s lock.
package final class AnswerBoard<Answer: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var announced: [StepBatch] = []
    private var answers: [Int: Result<Answer, any Error>] = [:]
    private var isClosed = false

    package init() {}

    package func announce(_ batch: StepBatch) {
        change { announced.append(batch) }
    }

    /// Waits for a step to pull; nil once the board is closed.
    package func nextAnnounced() -> StepBatch? {
        condition.withLock {
            while announced.isEmpty, !isClosed { condition.wait() }
            return isClosed ? nil : announced.removeFirst()
        }
    }

    package func post(_ answer: Result<Answer, any Error>, step: Int) {
        change { answers[step] = answer }
    }

    /// Waits for an announced step's answer. It is kept until a later step is asked for: micro-batches ask again.
    package func answer(step: Int) throws -> Answer {
        try condition.withLock {
            answers = answers.filter { $0.key >= step }
            while answers[step] == nil, !isClosed { condition.wait() }
            guard let answer = answers[step] else { throw AnnealingError.interrupted }
            return try answer.get()
        }
    }

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
