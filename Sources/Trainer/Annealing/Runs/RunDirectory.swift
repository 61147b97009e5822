import Checkpoints
import Foundation

/// Names inside a run's output directory, and the lock that keeps two trainers out of one.
package final class RunDirectory: Sendable {
    package let path: String
    private let lock: DirectoryLock

    package var logPath: String { path + "/log.jsonl" }
    package var checkpointsPath: String { path + "/checkpoints" }
    package var tokensPath: String { path + "/tokens" }
    package static let lineageName = "remit.json"
    package var lineagePath: String { path + "/" + Self.lineageName }
    /// The student after a step on the way, as a Hugging Face directory.
    package func exportPath(step: Int) -> String { path + String(format: "/exports/step-%08d", step) }

    /// Creates the directory where needed and locks it until this object goes or the process ends.
    package init(_ path: String) throws {
        self.path = path
        do {
            try AtomicFile.createDirectory(path)
        } catch let error as FileError {
            throw AnnealingError.fileFailed(
                path: path, reason: "cannot be created: \(String(cString: strerror(error.code)))")
        }
        do {
            lock = try DirectoryLock(path)
        } catch {
            switch error {
            case .unwritable(let failure):
                throw AnnealingError.fileFailed(
                    path: path, reason: "cannot be written to: \(String(cString: strerror(failure.code)))")
            case .inUse: throw AnnealingError.runInUse(path: path)
            }
        }
    }
}
