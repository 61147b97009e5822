import System

extension StopFlag {
    /// - Throws: `TrainingError.interrupted` where a stop was asked for: the run is saved, and ends.
    package func throwIfRequested() throws {
        if isRequested { throw TrainingError.interrupted }
    }
}
