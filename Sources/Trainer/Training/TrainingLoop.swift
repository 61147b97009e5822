import System
import Transformers

/// Where a run keeps its log and its checkpoints, and how often it saves.
package struct RunRecords {
    /// Checkpoints of the run.
    package let store: RunStateStore
    /// Path of the log's file.
    package let logPath: String
    /// Mark of the log in the checkpoint that the run goes on from; nil for a new run, or where the checkpoint has none.
    package let logMark: LogMark?
    /// Steps between checkpoints; 0: only after the last step, or where the run is stopped.
    package let saveEvery: Int

    package init(store: RunStateStore, logPath: String, logMark: LogMark? = nil, saveEvery: Int) {
        self.store = store
        self.logPath = logPath
        self.logMark = logMark
        self.saveEvery = saveEvery
    }
}

/// The loop of a training, whatever a step of it computes: from where its state stands to the last step, logged, saved every so many
/// steps, and saved where it is stopped.
package final class TrainingLoop<State: ResumableState, Record: StepLogRecord> {
    /// State after the last step that is done: what a checkpoint made now would hold. Each step leaves it with one step more.
    package var state: State
    private let student: TrainableTransformer
    private let optimizer: AdamW
    private let records: RunRecords
    private let stop: StopFlag
    private let onSave: (_ path: String, _ step: Int) -> Void
    private var log: StepLog<Record>
    /// Step of the last checkpoint; nil: nothing is saved that this run could go on from.
    private var savedStep: Int?

    /// Opens the log, cut back to the state's step, and removes what a killed run left half-written.
    ///
    /// - Parameters:
    ///   - state: that of the student and the optimizer: new, or read back with the mark of its log.
    ///   - onSave: called with each checkpoint that is on disk.
    /// - Throws: `TrainingError.damagedLog`, `.fileFailed`.
    package init(
        state: State, student: TrainableTransformer, optimizer: AdamW, records: RunRecords, stop: StopFlag,
        onSave: @escaping (_ path: String, _ step: Int) -> Void = { _, _ in }
    ) throws {
        self.state = state
        self.student = student
        self.optimizer = optimizer
        self.records = records
        self.stop = stop
        self.onSave = onSave
        records.store.removeHalfWritten()
        log = try StepLog(records.logPath, keepingThrough: state.step > 0 ? state.step : -1, mark: records.logMark)
        savedStep = state.step > 0 ? state.step : nil
    }

    /// Step of the last held-out loss in the log; nil where there is none.
    package var lastEvaluation: Int? { log.lastEvaluation }

    /// Step of the last checkpoint that is older than the student of `step`; nil where there is none. What is found in a held-out loss or in
    /// completions may be of a student that is saved already: one with parameters that are finite, whose activations overflow.
    package func lastGood(before step: Int) -> Int? {
        savedStep.flatMap { $0 < step ? $0 : records.store.lastStep(before: step) }
    }

    /// Writes a record at the end of the log.
    ///
    /// - Throws: `TrainingError.fileFailed`, as where the disk is full.
    package func append(_ record: Record) throws { try log.append(record) }

    /// Runs the steps that are left, and returns with the final state saved.
    ///
    /// - Parameters:
    ///   - totalSteps: steps of the whole run.
    ///   - first: what is done before the first step.
    ///   - endsEarly: looked at before each step: whether the run is over although there are steps left.
    ///   - keepsState: whether the state is saved behind an error: no step is half done, and there is something to keep.
    ///   - step: one step, with what belongs behind it; adds its records to the log.
    /// - Throws: `TrainingError.interrupted` before a step where a stop is asked for; what `first` and `step` throw, with the state
    ///   saved where `keepsState` says so; `TrainingError.checkpointFailed`.
    package func run(
        to totalSteps: Int, first: () throws -> Void = {}, endsEarly: () -> Bool = { false },
        keepsState: (any Error) -> Bool, step: () throws -> Void
    ) throws {
        do {
            try first()
            while state.step < totalSteps, !endsEarly() {
                try stop.throwIfRequested()
                try step()
                if records.saveEvery > 0, state.step % records.saveEvery == 0 { try save() }
            }
            try save()
        } catch  where keepsState(error) {
            try save()
            throw error
        }
    }

    /// Does nothing where the state is that of the last checkpoint.
    private func save() throws {
        guard state.step != savedStep else { return }
        try log.synchronize()
        let path = try records.store.save(state, log: log.mark, student: student, optimizer: optimizer)
        savedStep = state.step
        onSave(path, state.step)
    }
}
