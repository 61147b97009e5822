import Annealing
import Transformers

/// Runs the steps of a reinforcement from where its state stands to the last one: steps, logs, saves.
package final class Reinforcer {
    private let step: ReinforcementStep
    private let store: RunStateStore
    private let saveEvery: Int
    private let stop: StopSignal
    private let onStep: (ReinforcementRecord) -> Void
    private var log: StepLog<ReinforcementRecord>
    private var savedStep: Int
    package private(set) var state: ReinforcementState

    /// `state` is that of the student and the optimizer inside `step`: new, or read back with the mark of its log.
    package init(
        step: ReinforcementStep, state: ReinforcementState, store: RunStateStore, logPath: String,
        logMark: LogMark? = nil, saveEvery: Int, stop: StopSignal, onStep: @escaping (ReinforcementRecord) -> Void
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

    /// Returns after the last step, with the final state saved. `AnnealingError.interrupted`: the state was saved as it was after the last
    /// whole step, the run can be resumed.
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
        let rate = state.options.schedule.rate(step: state.step, totalSteps: state.options.totalSteps)
        let record = try step.run(number, learningRate: rate, stop: stop)
        state.step = number
        state.updates = step.optimizer.updates
        state.tokens += record.tokens
        try log.append(record)
        onStep(record)
    }

    private func save() throws {
        guard state.step > savedStep else { return }
        try log.synchronize()
        _ = try store.save(state, log: log.mark, student: step.student, optimizer: step.optimizer)
        savedStep = state.step
    }
}
