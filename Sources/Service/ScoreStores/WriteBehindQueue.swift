import Sequences

/// What waits for the writer: bounded, in order. Pure; the store puts a lock around it.
struct WriteBehindQueue {
    /// A key and its book-keeping in memory.
    private static let entryBytes = 128
    /// A transaction's share: long enough to be worth its end, short enough for another process's writer to wait for.
    static let maxBatchBytes = 8 << 20
    private static let maxBatchSegments = 4096
    /// Stamps and removals beyond these are forgotten: the next read asks for them again.
    static let maxUsed = 65_536
    private static let maxRemovals = 4096

    let maxBytes: Int
    private(set) var queuedBytes = 0
    private var waiting: [StoredSegment] = []
    private var first = 0
    private var used: Set<SegmentKey> = []
    private var removals: [(key: SegmentKey, id: Int64)] = []

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    var isEmpty: Bool { first == waiting.count && used.isEmpty && removals.isEmpty }

    private static func cost(_ segment: StoredSegment) -> Int {
        segment.logProbs.count * MemoryLayout<Float>.stride + entryBytes
    }

    /// How many of `segments` there was no room for: the last ones.
    mutating func append(_ segments: [StoredSegment]) -> Int {
        for (index, segment) in segments.enumerated() {
            let cost = Self.cost(segment)
            guard queuedBytes + cost <= maxBytes else { return segments.count - index }
            waiting.append(segment)
            queuedBytes += cost
        }
        return 0
    }

    mutating func noteUse(of key: SegmentKey) {
        if used.count < Self.maxUsed { used.insert(key) }
    }

    mutating func remove(_ key: SegmentKey, id: Int64) {
        guard removals.count < Self.maxRemovals, !removals.contains(where: { $0.key == key && $0.id == id }) else {
            return
        }
        removals.append((key, id))
    }

    /// The next transaction's work, which leaves the queue.
    mutating func nextBatch() -> StoreBatch {
        var batch = StoreBatch(removals: removals, used: used)
        removals = []
        used = []
        var bytes = 0
        while first < waiting.count, batch.segments.count < Self.maxBatchSegments, bytes < Self.maxBatchBytes {
            batch.segments.append(waiting[first])
            bytes += Self.cost(waiting[first])
            first += 1
        }
        queuedBytes -= bytes
        if first == waiting.count || first > 4096 {
            waiting.removeSubrange(..<first)
            first = 0
        }
        return batch
    }

    /// Takes back a batch whose transaction failed; it stands first again. May exceed `maxBytes` by that batch.
    mutating func putBack(_ batch: StoreBatch) {
        waiting.replaceSubrange(..<first, with: batch.segments)
        first = 0
        queuedBytes += batch.segments.reduce(0) { $0 + Self.cost($1) }
        used.formUnion(batch.used)
        removals = batch.removals + removals
    }

    /// Forgets everything; returns how many segments that were.
    mutating func removeAll() -> Int {
        let count = waiting.count - first
        self = WriteBehindQueue(maxBytes: maxBytes)
        return count
    }
}
