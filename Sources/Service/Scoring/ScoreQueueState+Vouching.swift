import Sequences

/// What becomes of log-probs after an engine elsewhere gave them: they are stored once it has vouched for them. At most as many wait as
/// the engine lets.
extension ScoreQueueState {
    /// Log-probs that are in memory, the first that were given.
    mutating func known(_ key: SegmentKey) -> [Float]? { unvouched[key]?.logProbs ?? cache.value(for: key) }

    /// Whether `known` has them; the cache's order of use stays.
    func isKnown(_ key: SegmentKey) -> Bool { unvouched[key] != nil || cache.contains(key) }

    /// Notes that an engine has looked at whether it is the same since it gave a job's scores. Where it was not, or nobody knows, nothing
    /// of them is kept.
    ///
    /// - Returns: what is to be stored; nil where that is nothing.
    package mutating func settle(job id: JobID, _ key: SegmentKey, isSame: Bool) -> StoredSegment? {
        if !isSame { cache.remove(key) }
        guard let found = unvouched[key], found.job == id else { return nil }
        unvouched[key] = nil
        return isSame ? StoredSegment(key: key, logProbs: found.logProbs) : nil
    }
}
