/// The working arrays of one word, kept between words.
struct MergeScratch {
    /// The tokens of the word, and how many bytes each covers.
    fileprivate(set) var ids: [Int32] = []
    fileprivate(set) var byteCounts: [UInt32] = []

    /// At each token the rank of its merge with the next; as many as `ids`.
    fileprivate var ranks: [UInt32] = []
    fileprivate var links: [Link] = []
    fileprivate var heap = MergeHeap()

    /// Bytes that the arrays keep between words.
    var keptBytes: Int {
        (ids.capacity + byteCounts.capacity + ranks.capacity) * MemoryLayout<UInt32>.stride
            + links.capacity * MemoryLayout<Link>.stride + heap.keptBytes
    }

    /// Neighbours in the list of tokens that are left; -1 where none.
    fileprivate struct Link {
        var previous: Int32
        var next: Int32
    }

    fileprivate mutating func append(_ id: Int32, byteCount: UInt32) {
        ids.append(id)
        byteCounts.append(byteCount)
    }

    fileprivate mutating func keepFirst(_ count: Int) {
        ids.removeLast(ids.count - count)
        byteCounts.removeLast(byteCounts.count - count)
    }
}

extension BPEModel {
    /// Up to this many symbols the smallest rank is found by looking at all of them; beyond, by a heap.
    private static let longestScanned = 48

    /// The tokens of one word, left in `scratch`. O(n log n) in its length.
    func tokenize(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        scratch.ids.removeAll(keepingCapacity: true)
        scratch.byteCounts.removeAll(keepingCapacity: true)
        scratch.ranks.removeAll(keepingCapacity: true)
        // Where texts are cut, this may be a part of a word: `ignore_merges` is about whole ones, looked up before.
        if cuts == nil, let words, let id = words.id(of: word) {
            return scratch.append(id, byteCount: UInt32(word.count))
        }
        switch unit {
        case .byte: appendBytes(word, &scratch)
        case .character: appendCharacters(word, &scratch)
        }
        guard scratch.ids.count > 1 else { return }
        if scratch.ids.count <= Self.longestScanned {
            mergeByScanning(&scratch)
        } else {
            mergeByHeap(&scratch)
        }
    }

    private func appendBytes(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        for byte in word {
            let id = byteSymbols[Int(byte)]
            guard id >= 0 else { return appendIncompleteBytes(word, &scratch) }
            scratch.append(id, byteCount: 1)
        }
        for at in 1..<max(word.count, 1) {
            scratch.ranks.append(bytePairRanks[Int(word[at - 1]) << 8 | Int(word[at])])
        }
        scratch.ranks.append(MergeTable.none)
    }

    /// A byte without a token becomes the unknown token, or nothing where the file names none (as in `tokenizers`).
    private func appendIncompleteBytes(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        scratch.ids.removeAll(keepingCapacity: true)
        scratch.byteCounts.removeAll(keepingCapacity: true)
        var unknownBytes: UInt32 = 0
        for byte in word {
            let id = byteSymbols[Int(byte)]
            if id >= 0 {
                flushUnknown(&unknownBytes, &scratch)
                scratch.append(id, byteCount: 1)
            } else if unknownID >= 0 {
                if !fusesUnknown { flushUnknown(&unknownBytes, &scratch) }
                unknownBytes += 1
            }
        }
        flushUnknown(&unknownBytes, &scratch)
        appendRanks(&scratch)
    }

    private func appendCharacters(_ word: UnsafeBufferPointer<UInt8>, _ scratch: inout MergeScratch) {
        var unknownBytes: UInt32 = 0
        var at = 0
        while at < word.count {
            let start = at
            let id = characterSymbols.id(of: UTF8Scalar.decode(word, &at))
            if id >= 0 {
                flushUnknown(&unknownBytes, &scratch)
                scratch.append(id, byteCount: UInt32(at - start))
            } else if !byteFallback.isEmpty, (start..<at).allSatisfy({ byteFallback[Int(word[$0])] >= 0 }) {
                // An unknown run before these bytes stays open, and so comes after them: as in `tokenizers`.
                for position in start..<at { scratch.append(byteFallback[Int(word[position])], byteCount: 1) }
            } else if unknownID >= 0 {
                if !fusesUnknown { flushUnknown(&unknownBytes, &scratch) }
                unknownBytes += UInt32(at - start)
            }
        }
        flushUnknown(&unknownBytes, &scratch)
        appendRanks(&scratch)
    }

    private func flushUnknown(_ byteCount: inout UInt32, _ scratch: inout MergeScratch) {
        guard byteCount > 0 else { return }
        scratch.append(unknownID, byteCount: byteCount)
        byteCount = 0
    }

    private func appendRanks(_ scratch: inout MergeScratch) {
        guard scratch.ids.count > 1 else { return }
        for at in 1..<scratch.ids.count { scratch.ranks.append(merges.rank(scratch.ids[at - 1], scratch.ids[at])) }
        scratch.ranks.append(MergeTable.none)
    }

    private func mergeByScanning(_ scratch: inout MergeScratch) {
        let kept = scratch.ids.withUnsafeMutableBufferPointer { ids in
            scratch.byteCounts.withUnsafeMutableBufferPointer { byteCounts in
                scratch.ranks.withUnsafeMutableBufferPointer { ranks in
                    mergeByScanning(ids, byteCounts, ranks)
                }
            }
        }
        scratch.keepFirst(kept)
    }

    /// - Returns: how many tokens are left.
    private func mergeByScanning(
        _ ids: UnsafeMutableBufferPointer<Int32>, _ byteCounts: UnsafeMutableBufferPointer<UInt32>,
        _ ranks: UnsafeMutableBufferPointer<UInt32>
    ) -> Int {
        var count = ids.count
        while true {
            var best = 0
            var rank = ranks[0]
            for at in 1..<max(count, 1) where ranks[at] < rank {
                rank = ranks[at]
                best = at
            }
            guard rank != MergeTable.none else { return count }
            ids[best] = merges.result(ofRank: rank)
            byteCounts[best] += byteCounts[best + 1]
            count -= 1
            for at in best + 1..<max(count, best + 1) {
                ids[at] = ids[at + 1]
                byteCounts[at] = byteCounts[at + 1]
                ranks[at] = ranks[at + 1]
            }
            if best > 0 { ranks[best - 1] = merges.rank(ids[best - 1], ids[best]) }
            ranks[best] = best + 1 < count ? merges.rank(ids[best], ids[best + 1]) : MergeTable.none
        }
    }

    /// A linked list of symbols and a heap of (rank, position): each merge costs O(log n). An entry whose pair has
    /// changed since is dropped when it comes up.
    private func mergeByHeap(_ scratch: inout MergeScratch) {
        let count = scratch.ids.count
        scratch.links.removeAll(keepingCapacity: true)
        for at in 0..<Int32(count) {
            scratch.links.append(.init(previous: at - 1, next: at + 1 < Int32(count) ? at + 1 : -1))
        }
        scratch.heap.fill(scratch.ranks)
        while let (rank, at) = scratch.heap.removeFirst() {
            guard scratch.ranks[at] == rank else { continue }
            let right = Int(scratch.links[at].next)
            scratch.ids[at] = merges.result(ofRank: rank)
            scratch.byteCounts[at] += scratch.byteCounts[right]
            scratch.byteCounts[right] = 0
            scratch.ranks[right] = MergeTable.none
            let after = scratch.links[right].next
            scratch.links[at].next = after
            if after >= 0 { scratch.links[Int(after)].previous = Int32(at) }
            updateRank(at: at, &scratch)
            let before = scratch.links[at].previous
            if before >= 0 { updateRank(at: Int(before), &scratch) }
        }
        var kept = 0
        for at in 0..<count where scratch.byteCounts[at] > 0 {
            scratch.ids[kept] = scratch.ids[at]
            scratch.byteCounts[kept] = scratch.byteCounts[at]
            kept += 1
        }
        scratch.keepFirst(kept)
    }

    private func updateRank(at position: Int, _ scratch: inout MergeScratch) {
        let next = scratch.links[position].next
        let rank = next < 0 ? MergeTable.none : merges.rank(scratch.ids[position], scratch.ids[Int(next)])
        scratch.ranks[position] = rank
        if rank != MergeTable.none { scratch.heap.insert(rank: rank, at: position) }
    }
}
