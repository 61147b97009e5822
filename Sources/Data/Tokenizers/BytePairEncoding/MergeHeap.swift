/// A binary min-heap of (rank, position): the smallest rank first, the leftmost of equals first.
struct MergeHeap {
    private var keys: [UInt64] = []

    /// Bytes that are kept when it is empty.
    var keptBytes: Int { keys.capacity * MemoryLayout<UInt64>.stride }

    /// Takes the position of every rank that is not `MergeTable.none`. O(n).
    mutating func fill(_ ranks: [UInt32]) {
        keys.removeAll(keepingCapacity: true)
        for (at, rank) in ranks.enumerated() where rank != MergeTable.none { keys.append(Self.key(rank, at)) }
        var at = keys.count / 2
        while at > 0 {
            at -= 1
            siftDown(from: at)
        }
    }

    private static func key(_ rank: UInt32, _ at: Int) -> UInt64 { UInt64(rank) << 32 | UInt64(UInt32(at)) }

    /// O(log n).
    mutating func insert(rank: UInt32, at position: Int) {
        let key = Self.key(rank, position)
        keys.append(key)
        var at = keys.count - 1
        while at > 0, keys[(at - 1) / 2] > key {
            keys[at] = keys[(at - 1) / 2]
            at = (at - 1) / 2
        }
        keys[at] = key
    }

    /// O(log n).
    mutating func removeFirst() -> (rank: UInt32, at: Int)? {
        guard let first = keys.first else { return nil }
        let last = keys.removeLast()
        if !keys.isEmpty {
            keys[0] = last
            siftDown(from: 0)
        }
        return (UInt32(first >> 32), Int(first & 0xFFFF_FFFF))
    }

    private mutating func siftDown(from start: Int) {
        let key = keys[start]
        var at = start
        while true {
            var child = 2 * at + 1
            guard child < keys.count else { break }
            if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
            guard keys[child] < key else { break }
            keys[at] = keys[child]
            at = child
        }
        keys[at] = key
    }
}
