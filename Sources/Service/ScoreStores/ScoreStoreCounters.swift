/// What this process did with the store since it opened it; for metrics.
package struct ScoreStoreCounters: Sendable, Equatable {
    /// Segments that look-ups found.
    package var hits = 0
    /// Tokens of the segments found.
    package var hitTokens = 0
    /// Segments that look-ups did not find, or found damaged.
    package var misses = 0
    /// Segments whose checksum was wrong; they are among the misses too.
    package var corruptRows = 0
    /// Look-ups that failed as a whole for a reason that may pass; their segments are neither hits nor misses.
    package var failedReads = 0
    /// Segments that transactions added.
    package var writtenSegments = 0
    /// Tokens of the segments added.
    package var writtenTokens = 0
    /// Segments that another process, or an earlier request, had stored already.
    package var alreadyStored = 0
    /// Segments that were scored and not stored: the queue was full, or the store off or closed.
    package var droppedSegments = 0
    /// Segments removed to keep the store's size.
    package var evictedSegments = 0
    /// Transactions that failed; their segments wait on.
    package var failedTransactions = 0
    /// Bytes on pages that hold something, as the writer last saw it; other processes' data included.
    package var liveBytes = 0
    /// Bytes of log-probs that wait for the writer now, with their book-keeping.
    package var queuedBytes = 0
    /// Whether reads are tried: true until the file is found damaged.
    package var isReading = true
    /// Whether the last transaction succeeded, or none has failed; false for good once the file is found damaged.
    package var isWriting = true

    package init() {}
}
