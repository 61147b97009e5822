import Sequences

/// What an operator should know. None of them changes an answer: what the store cannot give is scored.
package enum ScoreStoreEvent: Sendable, Equatable {
    /// A transaction failed (disk full, no rights, another process in the way). Nothing is written until one succeeds; it is
    /// tried again every `retryInterval`.
    case writingStopped(reason: String)
    /// A transaction succeeded after `writingStopped`.
    case writingResumed
    /// The file is damaged: nothing is read or written any more by this process.
    case turnedOff(reason: String)
    /// A look-up failed; it counts as neither hit nor miss. Told at most every `retryInterval`.
    case readFailed(reason: String)
    /// A checksum was wrong. The row counts as a miss and is removed.
    case corruptRow(SegmentKey)
    /// The least recently used segments left, since the live data was over `maxBytes`.
    case evicted(segments: Int, bytes: Int)
}
