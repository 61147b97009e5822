import Annealing
import Corpora
import TeacherLinks
import Testing
import TestSupport
import Training

struct AnswerBoardTests {
    private func batch(_ step: Int) -> StepBatch { StepBatch(step: step, windows: [], cursorAfter: DataCursor()) }

    @Test func stepsAreAnsweredInTheOrderOfTheirAnnouncement() async throws {
        let board = AnswerBoard<[[Float]]>()
        for step in 1...3 { board.announce(batch(step)) }
        let answered = try await onThread {
            var steps: [Int] = []
            while steps.count < 3, let batch = board.nextAnnounced() {
                steps.append(batch.step)
                board.post(.success([[Float(batch.step)]]), step: batch.step)
            }
            return steps
        }
        #expect(answered == [1, 2, 3])
        #expect(try await onThread { try board.answer(step: 2) } == [[2]])
        #expect(try await onThread { try board.answer(step: 2) } == [[2]])
        #expect(try await onThread { try board.answer(step: 3) } == [[3]])
    }

    @Test func aFailureReachesItsStep() async throws {
        let board = AnswerBoard<[[Float]]>()
        board.post(.failure(TrainingError.interrupted), step: 1)
        await #expect(throws: TrainingError.interrupted) { try await onThread { try board.answer(step: 1) } }
    }

    @Test func closingEndsTheWaits() async throws {
        let board = AnswerBoard<[[Float]]>()
        board.close()
        #expect(try await onThread { board.nextAnnounced() == nil })
        await #expect(throws: TrainingError.interrupted) { try await onThread { try board.answer(step: 1) } }
    }
}
