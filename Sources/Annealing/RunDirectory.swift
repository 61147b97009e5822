import Foundation

/// Names inside a run's output directory, and the lock that keeps two trainers out of one.
package final class RunDirectory: Sendable {
    package let path: String
    private let lock: Int32

    /// Three seconds: a trainer that was killed a moment ago keeps its lock until the system has taken it apart.
    private static let attempts = 150

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
        lock = open(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw AnnealingError.fileFailed(
                path: path, reason: "cannot be written to: \(String(cString: strerror(errno)))")
        }
        for attempt in 0... {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { break }
            guard attempt < Self.attempts else {
                close(lock)
                throw AnnealingError.runInUse(path: path)
            }
            usleep(20_000)
        }
    }

    /// Unlocked first: a child that this process is starting at the moment has the descriptor too, until its exec.
    deinit {
        _ = flock(lock, LOCK_UN)
        close(lock)
    }
}
