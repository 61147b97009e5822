import Annealing
import System
import Transformers

/// Runs the steps of a reinforcement from where its state stands to the last one: steps, logs, saves.
package final class Reinforcer {
    private let step: ReinforcementStep
    private let store: RunStateStore
    private let saveEvery: Int
    private let stop: StopFlag
    private let onStep: (ReinforcementRecord) -> Void
    private var log: StepLog<ReinforcementRecord>
    private var savedStep: Int
    /// State of the run after the last step that is done: what a checkpoint made now would hold.
    package private(set) var state: ReinforcementState

    /// Opens the log, cut back to the state's step.
    ///
    /// - Parameters:
    ///   - state: that of the student and the optimizer inside `step`: new, or read back with the mark of its log.
    ///   - saveEvery: steps between checkpoints; 0: only after the last step, or where the run is stopped.
    /// - Throws: `AnnealingError.damagedLog`, `.fileFailed`.
    package init(
        step: ReinforcementStep, state: ReinforcementState, store: RunStateStore, logPath: String,
        logMark: LogMark? = nil, saveEvery: Int, stop: StopFlag, onStep: @escaping (ReinforcementRecord) -> Void
    ) throws {
        self.step = step
        self.state = state
        self.store = store
        self.saveEvery = saveEvery
        self.stop = stop
        self.onStep = onStep
        log = try StepLog(logPath, keepingThrough: state.step > 0 ? state.step : -1, mark: logMark)
        savedStep = state.step
    }

    /// Runs the steps that are left, and returns with the final state saved.
    ///
    /// - Throws: `AnnealingError.interrupted`, `ReinforcementError.stepUndone` (no completions or no rewards for a step): the state was
    ///   saved as it was after the last whole step, the run can be resumed.
    package func run() throws {
        do {
            while state.step < state.options.totalSteps {
                try stop.throwIfRequested()
                try runStep()
                if saveEvery > 0, state.step % saveEvery == 0 { try save() }
            }
            try save()
        } catch AnnealingError.interrupted {
            try save()
            throw AnnealingError.interrupted
        }
    }

    private func runStep() throws {
        let number = state.step + 1
        let judged = try judged(number)
        let rate = state.options.schedule.rate(step: state.step, totalSteps: state.options.totalSteps)
        let record = try step.learn(judged, learningRate: rate)
        state.step = number
        state.updates = step.optimizer.updates
        state.tokens += record.tokens
        try log.append(record)
        onStep(record)
    }

    /// Where these cannot be had the student is still as the step before left it. One whose log-probs are no numbers is not saved: that
    /// would only push out a checkpoint that is sound.
    private func judged(_ number: Int) throws -> JudgedCompletions {
        do {
            return try step.completions(number, stop: stop)
        } catch let error as AnnealingError {
            throw error
        } catch TransformerError.nonFiniteLogProb(let position) {
            throw TransformerError.nonFiniteLogProb(position: position)
        } catch {
            try save()
            throw ReinforcementError.stepUndone(step: number, reason: "\(error)")
        }
    }

    private func save() throws {
        guard state.step > savedStep else { return }
        try log.synchronize()
        _ = try store.save(state, log: log.mark, student: step.student, optimizer: step.optimizer)
        savedStep = state.step
    }
}
