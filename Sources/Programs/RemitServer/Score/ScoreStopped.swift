import System

/// A scoring that a signal ended; what was done is saved.
struct ScoreStopped: Error {}

extension StopFlag {
    /// - Throws: `ScoreStopped` where a stop was asked for.
    func throwIfRequested() throws {
        if isRequested { throw ScoreStopped() }
    }
}
