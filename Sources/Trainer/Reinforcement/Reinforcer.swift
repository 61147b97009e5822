import System
import Training
import Transformers

/// Runs the steps of a reinforcement from where its state stands to the last one: steps, logs, saves.
package final class Reinforcer {
    private let loop: TrainingLoop<ReinforcementState, ReinforcementRecord>
    private let step: ReinforcementStep
    private let stop: StopFlag
    private let onStep: (ReinforcementRecord, NothingRight?) -> Void

    /// State of the run after the last step that is done: what a checkpoint made now would hold.
    package var state: ReinforcementState { loop.state }

    /// Opens the log, cut back to the state's step.
    ///
    /// - Parameters:
    ///   - state: that of the student and the optimizer inside `step`: new, or read back with the mark of its log.
    ///   - onStep: told of each step once it is in the log, and why none of its completions has a reward, where none has.
    /// - Throws: `TrainingError.damagedLog`, `.fileFailed`.
    package init(
        step: ReinforcementStep, state: ReinforcementState, records: RunRecords, stop: StopFlag,
        onStep: @escaping (ReinforcementRecord, NothingRight?) -> Void
    ) throws {
        self.step = step
        self.stop = stop
        self.onStep = onStep
        loop = try TrainingLoop(
            state: state, student: step.student, optimizer: step.optimizer, records: records, stop: stop)
    }

    /// Runs the steps that are left, and returns with the final state saved.
    ///
    /// - Throws: `TrainingError.interrupted`, `ReinforcementError.stepUndone` (no completions or no rewards for a step): the state was
    ///   saved as it was after the last whole step, the run can be resumed. `.diverged` names the step and the last checkpoint before it.
    package func run() throws {
        do {
            try loop.run(to: state.options.totalSteps, keepsState: keepsState, step: runStep)
        } catch let error as ReinforcementError {
            switch error {
            case .nonFinite(let step, _, _), .nonFiniteStudent(let step):
                throw ReinforcementError.diverged(reason: error.description, lastGood: loop.lastGood(before: step))
            default: throw error
            }
        }
    }

    private func keepsState(_ error: any Error) -> Bool {
        guard state.step > 0 else { return false }
        return switch error {
        case TrainingError.interrupted, ReinforcementError.stepUndone: true
        default: false
        }
    }

    private func runStep() throws {
        let number = state.step + 1
        let judged = try judged(number)
        let rate = state.options.schedule.rate(step: state.step, totalSteps: state.options.totalSteps)
        let record = try step.learn(judged, learningRate: rate)
        loop.state.step = number
        loop.state.updates = step.optimizer.updates
        loop.state.tokens += record.tokens
        try loop.append(record)
        onStep(record, judged.nothingRight)
    }

    /// Where these cannot be had the student is still as the step before left it. One whose log-probs are no numbers is not saved: that
    /// would only push out a checkpoint that is sound.
    private func judged(_ number: Int) throws -> JudgedCompletions {
        do {
            return try step.completions(number, stop: stop)
        } catch let error as TrainingError {
            throw error
        } catch TransformerError.nonFiniteLogProb(let position) {
            guard state.step > 0 else { throw TransformerError.nonFiniteLogProb(position: position) }
            throw ReinforcementError.nonFiniteStudent(step: state.step)
        } catch {
            throw ReinforcementError.stepUndone(step: number, reason: "\(error)")
        }
    }
}
