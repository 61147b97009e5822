import Sequences

/// Log-probs of segments scored lately, at most `maxTokens` of them; the least recently used leave first.
///
/// A short segment counts as `minimumCost` tokens, so that there is a bound on how many are kept: each takes `bookkeepingBytes` beside its
/// log-probs.
/// A dictionary for look-up and a doubly linked list, kept in an array of slots, for the order of use.
/// Complexity: O(1) a call, amortized.
package struct SegmentCache: Sendable {
    private struct Slot {
        var key: SegmentKey
        var logProbs: [Float]
        var older: Int
        var newer: Int
    }

    private static let none = -1
    /// Tokens that a segment counts as at least.
    package static let minimumCost = 32
    /// Most bytes that a segment takes beside its log-probs: 80 of the digest in its key, 48 of the head of its array, and its slot and its
    /// place in the dictionary, 48 and 43, three times while what holds them doubles.
    package static let bookkeepingBytes = 448

    /// Most tokens that are kept; 0 keeps nothing.
    package let maxTokens: Int
    /// What the kept segments cost together, at most `maxTokens`.
    package private(set) var tokens = 0
    private var slotOfKey: [SegmentKey: Int] = [:]
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var newest = SegmentCache.none
    private var oldest = SegmentCache.none

    /// - Parameter maxTokens: 0 keeps nothing.
    package init(maxTokens: Int) {
        precondition(maxTokens >= 0, "a cache size is not negative")
        self.maxTokens = maxTokens
    }

    /// Segments that are kept.
    package var count: Int { slotOfKey.count }

    /// Whether `key` is kept; its place in the order of use stays.
    package func contains(_ key: SegmentKey) -> Bool { slotOfKey[key] != nil }

    /// The log-probs kept under `key`, which becomes the most recently used; nil where there are none.
    package mutating func value(for key: SegmentKey) -> [Float]? {
        guard let index = slotOfKey[key] else { return nil }
        unlink(index)
        linkAsNewest(index)
        return slots[index].logProbs
    }

    /// Keeps the log-probs of a segment, and drops the least recently used ones to make room. Without effect where the key is kept
    /// already, or where the segment alone is larger than the cache.
    package mutating func insert(_ logProbs: [Float], for key: SegmentKey) {
        let cost = Self.cost(logProbs)
        guard cost <= maxTokens, slotOfKey[key] == nil else { return }
        while tokens + cost > maxTokens { evict(oldest) }
        let slot = Slot(key: key, logProbs: logProbs, older: Self.none, newer: Self.none)
        let index: Int
        if let free = freeSlots.popLast() {
            index = free
            slots[index] = slot
        } else {
            index = slots.count
            slots.append(slot)
        }
        slotOfKey[key] = index
        tokens += cost
        linkAsNewest(index)
    }

    /// Forgets what is kept under `key`, if anything is.
    package mutating func remove(_ key: SegmentKey) {
        if let index = slotOfKey[key] { evict(index) }
    }

    private static func cost(_ logProbs: [Float]) -> Int { max(logProbs.count, minimumCost) }

    private mutating func evict(_ index: Int) {
        unlink(index)
        tokens -= Self.cost(slots[index].logProbs)
        slotOfKey[slots[index].key] = nil
        slots[index].logProbs = []
        freeSlots.append(index)
    }

    private mutating func unlink(_ index: Int) {
        let (older, newer) = (slots[index].older, slots[index].newer)
        if older == Self.none { oldest = newer } else { slots[older].newer = newer }
        if newer == Self.none { newest = older } else { slots[newer].older = older }
    }

    private mutating func linkAsNewest(_ index: Int) {
        slots[index].older = newest
        slots[index].newer = Self.none
        if newest == Self.none { oldest = index } else { slots[newest].newer = index }
        newest = index
    }
}
