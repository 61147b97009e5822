import Foundation
import System

/// Names inside a run's output directory, and the lock that keeps two trainers out of one.
package final class RunDirectory: Sendable {
    /// The output directory, as it was given.
    package let path: String
    private let lock: DirectoryLock

    /// Path of the run's log, a JSON object a line.
    package var logPath: String { path + "/log.jsonl" }
    /// Name of the file that says what the run was started as. It is written before the first step.
    package static let descriptionName = "run.json"
    /// Path of the file that says what the run was started as.
    package var descriptionPath: String { path + "/" + Self.descriptionName }
    /// Folder of the checkpoints from which the run is resumed.
    package var checkpointsPath: String { Self.checkpointsPath(in: path) }
    /// Folder of the checkpoints of the run in a directory.
    package static func checkpointsPath(in path: String) -> String { path + "/checkpoints" }
    /// Folder of the tokenized corpora, where no other cache is named.
    package var tokensPath: String { path + "/tokens" }
    /// Name of the file that says what a student was trained from and on. It is written last: where it is, the model beside it is
    /// whole.
    package static let lineageName = "remit.json"
    /// Path of the lineage file of the finished run.
    package var lineagePath: String { path + "/" + Self.lineageName }
    /// Directory of the moving average of a student that is written to `path`.
    package static func movingAveragePath(_ path: String) -> String { path + "/ema" }
    /// Directory of the student with the lowest held-out loss so far, where it is kept.
    package var bestPath: String { path + "/best" }
    /// Puts `bestPath` beside itself, over what was put there before. Returns its new path.
    ///
    /// - Throws: `TrainingError.fileFailed`.
    package func setBestAside() throws -> String {
        let target = bestPath + Self.setAsideSuffix
        do {
            if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
            try FileManager.default.moveItem(atPath: bestPath, toPath: target)
            try Directory.synchronize(path)
        } catch {
            throw TrainingError.fileFailed(path: bestPath, reason: "cannot be set aside: \(error)")
        }
        return target
    }

    /// End of the name of what a resumed run has passed over.
    static let setAsideSuffix = ".set-aside"
    /// Directory of the student after a step on the way, as Hugging Face writes models.
    package func exportPath(step: Int) -> String { path + String(format: "/exports/step-%08d", step) }

    /// Creates the directory where needed and locks it until this object goes or the process ends. Waits for the lock of another
    /// process for three seconds at most: one that was killed a moment ago still has it.
    ///
    /// - Throws: `TrainingError.runInUse` where another process holds the lock, `.fileFailed` where the directory cannot be written
    ///   to.
    package init(_ path: String) throws {
        self.path = path
        do {
            try Directory.create(path)
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "cannot be created: \(error.reason)")
        }
        do {
            lock = try DirectoryLock(path)
        } catch {
            switch error {
            case .unwritable(let failure):
                throw TrainingError.fileFailed(path: path, reason: "cannot be written to: \(failure.reason)")
            case .inUse: throw TrainingError.runInUse(path: path)
            }
        }
    }

    /// Throws where a directory holds a model already, which would be written over.
    ///
    /// - Throws: `TrainingError.outputExists`.
    package static func checkHoldsNoModel(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path + "/config.json") else {
            throw TrainingError.outputExists(path: path)
        }
    }
}
