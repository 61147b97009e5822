import Annealing
import CommandLines
import Foundation
import Training

/// Where a command's run begins: at its first step, or behind a checkpoint in its directory.
struct ResumePoint {
    let arguments: RunArguments
    let store: RunStateStore
    let directory: RunDirectory
    let terminal: Terminal

    /// The checkpoint to continue from, every byte of it checked; nil where the run begins at its first step. Without --resume there
    /// must be none.
    func savedTraining<State: ResumableState>(_ type: State.Type) throws -> SavedTraining<State>? {
        guard let last = try store.lastStep(), arguments.isResumed else {
            try checkUnused()
            return nil
        }
        terminal.status("checking the checkpoint")
        let saved = try store.saved(type, step: arguments.resumeFrom ?? last)
        if !saved.hasDigests {
            terminal.line("\(saved.path) was saved without digests: damage to it would not be found")
        }
        return saved
    }

    private func checkUnused() throws {
        if let step = arguments.resumeFrom {
            throw TrainingError.noCheckpoint(directory: store.directory, step: step, found: [])
        }
        if let step = try store.lastStep() { throw TrainingError.runExists(path: directory.path, step: step) }
        guard !FileManager.default.fileExists(atPath: directory.path + "/config.json") else {
            throw TrainingError.outputExists(path: directory.path)
        }
        if arguments.resume { terminal.line("nothing to resume in \(directory.path): starting at the first step") }
    }

    /// Before the first step behind a checkpoint that was not the last.
    func leaveLaterOnes<State>(_ saved: SavedTraining<State>) throws {
        for path in try store.setAside(after: saved.state.step) {
            terminal.line("a later checkpoint is left as \(path)")
        }
    }
}
