import Checkpoints
import Foundation

/// Names inside a run's output directory, and the lock that keeps two trainers out of one.
package final class RunDirectory: Sendable {
    package let path: String
    private let lock: DirectoryLock

    package var logPath: String { path + "/log.jsonl" }
    package var checkpointsPath: String { path + "/checkpoints" }
    package var tokensPath: String { path + "/tokens" }
    package var lineagePath: String { path + "/remit.json" }

    /// Creates the directory where needed and locks it until this object goes or the process ends.
    package init(_ path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw AnnealingError.fileFailed(path: path, reason: "cannot be created: \(error.localizedDescription)")
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
