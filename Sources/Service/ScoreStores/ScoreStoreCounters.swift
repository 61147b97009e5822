/// What this process did with the store since it opened it; for metrics.
package struct ScoreStoreCounters: Sendable, Equatable {
    package var hits = 0
    package var hitTokens = 0
    package var misses = 0
    package var corruptRows = 0
    package var failedReads = 0
    package var writtenSegments = 0
    package var writtenTokens = 0
    /// Segments that another process, or an earlier request, had stored already.
    package var alreadyStored = 0
    package var droppedSegments = 0
    package var evictedSegments = 0
    package var failedTransactions = 0
    /// On pages that hold something, as the writer last saw it.
    package var liveBytes = 0
    /// Now waiting for the writer.
    package var queuedBytes = 0
    /// Whether reads are tried, and writes.
    package var isReading = true
    package var isWriting = true

    package init() {}
}
