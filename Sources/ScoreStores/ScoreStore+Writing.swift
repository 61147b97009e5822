import Scoring
import Synchronization

/// The writer's rounds; called on its thread alone.
extension ScoreStore {
    /// Commits all that waits and evicts what is too much. False where a transaction failed: its batch waits on.
    func writeWaiting() -> Bool {
        while let batch = shared.withLock({ $0.queue.isEmpty ? nil : $0.queue.nextBatch() }) {
            do {
                note(try database.write(batch, now: now()))
            } catch {
                shared.withLock { $0.queue.putBack(batch) }
                stop(after: error)
                return false
            }
        }
        do {
            let removal = try database.evict(maxBytes: configuration.maxBytes)
            guard removal.segments > 0 else { return true }
            shared.withLock { $0.counters.evictedSegments += removal.segments }
            onEvent(.evicted(segments: removal.segments, bytes: removal.bytes))
            return true
        } catch {
            stop(after: error)
            return false
        }
    }

    private func note(_ outcome: StoreBatchOutcome) {
        let isBack = shared.withLock { shared in
            shared.counters.writtenSegments += outcome.writtenSegments
            shared.counters.writtenTokens += outcome.writtenTokens
            shared.counters.alreadyStored += outcome.alreadyStored
            defer { shared.counters.isWriting = true }
            return !shared.counters.isWriting
        }
        if isBack { onEvent(.writingResumed) }
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
