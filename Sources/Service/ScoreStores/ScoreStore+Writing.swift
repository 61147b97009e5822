import Sequences
import System

/// The writer's rounds; called on its thread alone.
extension ScoreStore {
    /// Commits all that waits and evicts what is too much. False where a transaction failed: its batch waits on.
    func writeWaiting() -> Bool {
        do {
            while let batch = shared.withLock({ $0.queue.isEmpty ? nil : $0.queue.nextBatch() }) {
                try write(batch)
            }
            let removal = try database.evict(maxBytes: configuration.maxBytes, now: now())
            try resume(removal, liveBytes: database.liveBytes())
            return true
        } catch {
            stop(after: error)
            return false
        }
    }

    private func write(_ batch: StoreBatch) throws {
        do {
            let outcome = try database.write(batch, now: now())
            shared.withLock { shared in
                shared.counters.writtenSegments += outcome.writtenSegments
                shared.counters.writtenTokens += outcome.writtenTokens
                shared.counters.alreadyStored += outcome.alreadyStored
            }
        } catch {
            shared.withLock { $0.queue.putBack(batch) }
            throw error
        }
    }

    private func resume(_ removal: StoreRemoval, liveBytes: Int) {
        let isBack = shared.withLock { shared in
            shared.counters.liveBytes = liveBytes
            shared.counters.evictedSegments += removal.segments
            defer { shared.counters.isWriting = shared.counters.isReading }
            return shared.counters.isReading && !shared.counters.isWriting
        }
        if isBack { onEvent(.writingResumed) }
        if removal.segments > 0 { onEvent(.evicted(segments: removal.segments, bytes: removal.bytes)) }
    }

    private func stop(after error: any Error) {
        switch StoreFailure(error) {
        case .damaged(let reason):
            turnOff(reason)
        case .passing(let reason):
            let isNews = shared.withLock { shared in
                shared.counters.failedTransactions += 1
                defer { shared.counters.isWriting = false }
                return shared.counters.isWriting
            }
            if isNews { onEvent(.writingStopped(reason: reason)) }
        }
    }

    /// For a file that SQLite itself finds damaged: no transaction can be trusted any more.
    func turnOff(_ reason: String) {
        let isNews = shared.withLock { shared in
            shared.counters.droppedSegments += shared.queue.removeAll()
            defer {
                shared.counters.isReading = false
                shared.counters.isWriting = false
            }
            return shared.counters.isReading
        }
        if isNews { onEvent(.turnedOff(reason: reason)) }
    }
}
