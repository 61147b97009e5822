/// The working arrays of one word, kept between words.
struct MergeScratch {
    /// The tokens of the word, and how many bytes each covers.
    var ids: [Int32] = []
    var byteCounts: [UInt32] = []

    fileprivate var ranks: [UInt32] = []
    fileprivate var next: [Int32] = []
    fileprivate var previous: [Int32] = []
    fileprivate var heap = MergeHeap()
}

extension BPEModel {
    /// Up to this many symbols the smallest rank is found by looking at all of them; beyond, by a heap.
    private static let longestScanned = 32

    /// The tokens of one word, left in `scratch`. O(n log n) in its length.
    func tokenize(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        scratch.ids.removeAll(keepingCapacity: true)
        scratch.byteCounts.removeAll(keepingCapacity: true)
        if let words, let id = words.id(of: word) {
            scratch.ids.append(id)
            scratch.byteCounts.append(UInt32(word.count))
            return
        }
        switch unit {
        case .byte: appendBytes(word, &scratch)
        case .character: appendCharacters(word, &scratch)
        }
        if scratch.ids.count <= Self.longestScanned {
            mergeByScanning(&scratch)
        } else {
            mergeByHeap(&scratch)
        }
    }

    /// A byte without a token becomes the unknown token, or nothing where the file names none (as in `tokenizers`).
    private func appendBytes(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        var unknownBytes: UInt32 = 0
        for byte in word {
            let id = byteSymbols[Int(byte)]
            if id >= 0 {
                flushUnknown(&unknownBytes, &scratch)
                scratch.ids.append(id)
                scratch.byteCounts.append(1)
            } else if unknownID >= 0 {
                if !fusesUnknown { flushUnknown(&unknownBytes, &scratch) }
                unknownBytes += 1
            }
        }
        flushUnknown(&unknownBytes, &scratch)
    }

    private func appendCharacters(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        var unknownBytes: UInt32 = 0
        var at = 0
        while at < word.count {
            let start = at
            let id = characterSymbols.id(of: UTF8Scalar.decode(word, &at))
            if id >= 0 {
                flushUnknown(&unknownBytes, &scratch)
                scratch.ids.append(id)
                scratch.byteCounts.append(UInt32(at - start))
            } else if !byteFallback.isEmpty, (start..<at).allSatisfy({ byteFallback[Int(word[$0])] >= 0 }) {
                // An unknown run before these bytes stays open, and so comes after them: as in `tokenizers`.
                for position in start..<at {
                    scratch.ids.append(byteFallback[Int(word[position])])
                    scratch.byteCounts.append(1)
                }
            } else if unknownID >= 0 {
                if !fusesUnknown { flushUnknown(&unknownBytes, &scratch) }
                unknownBytes += UInt32(at - start)
            }
        }
        flushUnknown(&unknownBytes, &scratch)
    }

    private func flushUnknown(_ byteCount: inout UInt32, _ scratch: inout MergeScratch) {
        guard byteCount > 0 else { return }
        scratch.ids.append(unknownID)
        scratch.byteCounts.append(byteCount)
        byteCount = 0
    }

    private func mergeByScanning(_ scratch: inout MergeScratch) {
        var count = scratch.ids.count
        guard count > 1 else { return }
        scratch.ranks.removeAll(keepingCapacity: true)
        for at in 0..<count - 1 { scratch.ranks.append(merges.rank(scratch.ids[at], scratch.ids[at + 1])) }
        while count > 1 {
            var best = 0
            for at in 1..<count - 1 where scratch.ranks[at] < scratch.ranks[best] { best = at }
            let rank = scratch.ranks[best]
            guard rank != MergeTable.none else { break }
            scratch.ids[best] = merges.result(ofRank: rank)
            scratch.byteCounts[best] += scratch.byteCounts[best + 1]
            for at in best + 1..<count - 1 {
                scratch.ids[at] = scratch.ids[at + 1]
                scratch.byteCounts[at] = scratch.byteCounts[at + 1]
            }
            if best + 1 < count - 1 {
                for at in best + 1..<count - 2 { scratch.ranks[at] = scratch.ranks[at + 1] }
            }
            count -= 1
            if best > 0 { scratch.ranks[best - 1] = merges.rank(scratch.ids[best - 1], scratch.ids[best]) }
            if best < count - 1 { scratch.ranks[best] = merges.rank(scratch.ids[best], scratch.ids[best + 1]) }
        }
        scratch.ids.removeLast(scratch.ids.count - count)
        scratch.byteCounts.removeLast(scratch.byteCounts.count - count)
    }

    /// A linked list of symbols and a heap of (rank, position): each merge costs O(log n). An entry whose pair has
    /// changed since is dropped when it comes up.
    private func mergeByHeap(_ scratch: inout MergeScratch) {
        let count = scratch.ids.count
        scratch.next = (1...Int32(count)).map { $0 == Int32(count) ? -1 : $0 }
        scratch.previous = (-1..<Int32(count) - 1).map { $0 }
        scratch.ranks = (0..<count).map { at in
            at + 1 < count ? merges.rank(scratch.ids[at], scratch.ids[at + 1]) : MergeTable.none
        }
        scratch.heap.fill(scratch.ranks)
        while let (rank, at) = scratch.heap.removeFirst() {
            guard scratch.ranks[at] == rank else { continue }
            let right = Int(scratch.next[at])
            scratch.ids[at] = merges.result(ofRank: rank)
            scratch.byteCounts[at] += scratch.byteCounts[right]
            scratch.byteCounts[right] = 0
            scratch.ranks[right] = MergeTable.none
            let after = scratch.next[right]
            scratch.next[at] = after
            if after >= 0 { scratch.previous[Int(after)] = Int32(at) }
            updateRank(at: at, &scratch)
            let before = scratch.previous[at]
            if before >= 0 { updateRank(at: Int(before), &scratch) }
        }
        var kept = 0
        for at in 0..<count where scratch.byteCounts[at] > 0 {
            scratch.ids[kept] = scratch.ids[at]
            scratch.byteCounts[kept] = scratch.byteCounts[at]
            kept += 1
        }
        scratch.ids.removeLast(count - kept)
        scratch.byteCounts.removeLast(count - kept)
    }

    private func updateRank(at position: Int, _ scratch: inout MergeScratch) {
        let next = scratch.next[position]
        let rank =
            next < 0 ? MergeTable.none : merges.rank(scratch.ids[position], scratch.ids[Int(next)])
        scratch.ranks[position] = rank
        if rank != MergeTable.none { scratch.heap.insert(rank: rank, at: position) }
    }
}

/// A binary min-heap of rank, then position.
struct MergeHeap {
    private var keys: [UInt64] = []

    fileprivate mutating func fill(_ ranks: [UInt32]) {
        keys.removeAll(keepingCapacity: true)
        for (at, rank) in ranks.enumerated() where rank != MergeTable.none { keys.append(Self.key(rank, at)) }
        var at = keys.count / 2
        while at > 0 {
            at -= 1
            siftDown(from: at)
        }
    }

    private static func key(_ rank: UInt32, _ at: Int) -> UInt64 { UInt64(rank) << 32 | UInt64(UInt32(at)) }

    fileprivate mutating func insert(rank: UInt32, at position: Int) {
        let key = Self.key(rank, position)
        keys.append(key)
        var at = keys.count - 1
        while at > 0, keys[(at - 1) / 2] > key {
            keys[at] = keys[(at - 1) / 2]
            at = (at - 1) / 2
        }
        keys[at] = key
    }

    fileprivate mutating func removeFirst() -> (rank: UInt32, at: Int)? {
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
