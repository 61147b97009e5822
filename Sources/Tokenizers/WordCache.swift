/// The tokens of words met before. Two hash tables: words of up to 15 bytes are their own key, packed in two integers;
/// longer ones are compared with their bytes. When full, it is emptied: memory stays bounded.
struct WordCache {
    /// A word's tokens: one id, or a range of `tokens`.
    struct Entry {
        fileprivate var bits: UInt64

        fileprivate static let none = Entry(bits: .max)

        /// The single id, where the word is one token that covers it.
        @inline(__always)
        var singleID: Int32? { bits >> 63 == 1 ? Int32(truncatingIfNeeded: bits) : nil }

        @inline(__always)
        var range: Range<Int> {
            let start = Int(bits >> 32)
            return Range(uncheckedBounds: (start, start + Int(bits & 0xFFFF_FFFF)))
        }
    }

    /// Bytes of the longest word kept.
    static let longestWord = 255
    private static let slotCount = 1 << 16
    private static let longSlotCount = 1 << 13
    private static let tokenLimit = 1 << 18

    private struct Slot {
        var low: UInt64
        /// Its top byte is the count of the word, so that no word looks empty.
        var high: UInt64
        var entry: Entry
    }

    private struct LongSlot {
        var hash: UInt64
        var start: UInt32
        var count: UInt32
        var entry: Entry
    }

    private static let emptySlot = Slot(low: 0, high: 0, entry: .none)
    private static let emptyLongSlot = LongSlot(hash: 0, start: 0, count: 0, entry: .none)

    private var slots = [Slot](repeating: emptySlot, count: slotCount)
    private var used = 0
    private var longSlots = [LongSlot](repeating: emptyLongSlot, count: longSlotCount)
    private var longUsed = 0
    private var longBytes: [UInt8] = []
    /// Ids (low half) and the bytes each covers (high half).
    private(set) var tokens: [UInt64] = []

    /// `text[from..<to]`, 1 to 15 bytes, as two integers.
    @inline(__always)
    private static func key(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ count: Int) -> (UInt64, UInt64) {
        var low: UInt64
        var high: UInt64
        if from + 16 <= text.count {
            let raw = UnsafeRawBufferPointer(text)
            low = raw.loadUnaligned(fromByteOffset: from, as: UInt64.self).littleEndian
            high = raw.loadUnaligned(fromByteOffset: from + 8, as: UInt64.self).littleEndian
            if count < 8 {
                low &= (1 << UInt64(8 &* count)) &- 1
                high = 0
            } else {
                high &= (1 << UInt64(8 &* (count &- 8))) &- 1
            }
        } else {
            low = 0
            high = 0
            for at in 0..<min(count, 8) { low |= UInt64(text[from + at]) << UInt64(8 * at) }
            for at in 8..<max(count, 8) { high |= UInt64(text[from + at]) << UInt64(8 * (at - 8)) }
        }
        return (low, high | UInt64(count) << 56)
    }

    @inline(__always)
    private static func slot(_ low: UInt64, _ high: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(low ^ (high &* 0xD6E8_FEB8_6659_FD93))) & (slotCount - 1)
    }

    @inline(__always)
    func find(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Entry? {
        let count = to - from
        guard count < 16 else { return findLong(text, from, to) }
        let (low, high) = Self.key(text, from, count)
        var slot = Self.slot(low, high)
        while true {
            let found = slots[slot]
            if found.low == low, found.high == high { return found.entry }
            if found.high == 0 { return nil }
            slot = (slot + 1) & (Self.slotCount - 1)
        }
    }

    private func findLong(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Entry? {
        guard to - from <= Self.longestWord else { return nil }
        let word = UnsafeBufferPointer(rebasing: text[from..<to])
        let hash = ByteHash.hash(word)
        var slot = Int(truncatingIfNeeded: hash) & (Self.longSlotCount - 1)
        return longBytes.withUnsafeBufferPointer { longBytes in
            while longSlots[slot].count > 0 {
                let found = longSlots[slot]
                let start = Int(found.start)
                if found.hash == hash,
                    ByteHash.areEqual(word, .init(rebasing: longBytes[start..<start + Int(found.count)]))
                {
                    return found.entry
                }
                slot = (slot + 1) & (Self.longSlotCount - 1)
            }
            return nil
        }
    }

    /// Keeps the tokens of a word that `find` did not know.
    mutating func insert(
        _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, ids: [Int32], byteCounts: [UInt32]
    ) {
        let count = to - from
        guard count <= Self.longestWord else { return }
        if used * 2 > Self.slotCount || longUsed * 2 > Self.longSlotCount || tokens.count > Self.tokenLimit { empty() }
        let entry: Entry
        if ids.count == 1, byteCounts[0] == UInt32(count) {
            entry = Entry(bits: 1 << 63 | UInt64(UInt32(bitPattern: ids[0])))
        } else {
            entry = Entry(bits: UInt64(tokens.count) << 32 | UInt64(ids.count))
            for (id, count) in zip(ids, byteCounts) {
                tokens.append(UInt64(count) << 32 | UInt64(UInt32(bitPattern: id)))
            }
        }
        if count < 16 {
            let (low, high) = Self.key(text, from, count)
            var slot = Self.slot(low, high)
            while slots[slot].high != 0 { slot = (slot + 1) & (Self.slotCount - 1) }
            slots[slot] = Slot(low: low, high: high, entry: entry)
            used += 1
        } else {
            let word = UnsafeBufferPointer(rebasing: text[from..<to])
            let hash = ByteHash.hash(word)
            var slot = Int(truncatingIfNeeded: hash) & (Self.longSlotCount - 1)
            while longSlots[slot].count > 0 { slot = (slot + 1) & (Self.longSlotCount - 1) }
            longSlots[slot] = LongSlot(
                hash: hash, start: UInt32(longBytes.count), count: UInt32(count), entry: entry)
            longBytes.append(contentsOf: word)
            longUsed += 1
        }
    }

    private mutating func empty() {
        self = WordCache()
    }
}
