/// Where log-probs outlive the process: a frozen teacher's are right for ever.
package protocol LogProbStore: Sendable {
    /// One entry a key, nil where it is not kept. Blocks; called on the connection's thread before the queue.
    func logProbs(for keys: [SegmentKey]) -> [[Float]?]

    /// Takes entries in and returns at once; they are written behind.
    func append(_ entries: [StoredSegment])
}
