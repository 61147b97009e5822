/// Where a command's run begins: at its first step, or behind a checkpoint in its directory. Nothing is written but by `leaveLaterOnes`.
package struct ResumePoint {
    private let store: RunStateStore
    private let path: String
    private let isResumed: Bool
    private let step: Int?
    private let report: (String) -> Void

    /// - Parameters:
    ///   - path: the output directory, which need not be there.
    ///   - isResumed: whether the run is to go on from a checkpoint, where there is one.
    ///   - step: that of the checkpoint to go on from; nil: the last one.
    ///   - report: told in a line what a person should know.
    package init(
        _ store: RunStateStore, in path: String, isResumed: Bool, from step: Int? = nil,
        report: @escaping (String) -> Void
    ) {
        self.store = store
        self.path = path
        self.isResumed = isResumed || step != nil
        self.step = step
        self.report = report
    }

    /// The checkpoint to continue from, every byte of it checked; nil where the run begins at its first step. Where it is not to be
    /// resumed there must be none.
    ///
    /// - Throws: `TrainingError.runExists`, `.outputExists`, `.noCheckpoint`, `.damagedCheckpoint`.
    package func savedTraining<State: ResumableState>(_ type: State.Type) throws -> SavedTraining<State>? {
        guard let last = try store.lastStep(), isResumed else {
            try checkUnused()
            return nil
        }
        let saved = try store.saved(type, step: step ?? last)
        if !saved.hasDigests { report("\(saved.path) was saved without digests: damage to it would not be found") }
        return saved
    }

    private func checkUnused() throws {
        if let step { throw TrainingError.noCheckpoint(directory: store.directory, step: step, found: []) }
        if let step = try store.lastStep() { throw TrainingError.runExists(path: path, step: step) }
        try RunDirectory.checkHoldsNoModel(path)
        if isResumed { report("nothing to resume in \(path): starting at the first step") }
    }

    /// Sets the checkpoints behind the one that the run goes on from aside; before its first step.
    ///
    /// - Throws: `TrainingError.fileFailed`.
    package func leaveLaterOnes<State>(_ saved: SavedTraining<State>) throws {
        for path in try store.setAside(after: saved.state.step) { report("a later checkpoint is left as \(path)") }
    }
}
