/// The tokens of words met before. Words of up to 15 bytes and 5 tokens live in buckets of two, each word its own key,
/// the older of two making room for the next; longer ones in a table that is emptied when full. Memory is bounded.
struct WordCache {
    /// Bytes of the longest word kept.
    static let longestWord = 255

    private static let bucketCount = 1 << 15
    private static let longSlotCount = 1 << 13
    private static let longTokenLimit = 1 << 17

    /// A word of up to 15 bytes with its tokens.
    struct Short {
        fileprivate var low: UInt64
        /// Its top byte is the count of the word, so that no word looks empty.
        fileprivate var high: UInt64
        /// Three ids of 21 bits.
        private var first: UInt64
        /// Two more ids, the bytes that the first four tokens cover (4 bits each), the count of tokens.
        private var second: UInt64

        fileprivate static let empty = Short(low: 0, high: 0, first: 0, second: 0)
        fileprivate static let longest = 15
        fileprivate static let mostTokens = 5

        private init(low: UInt64, high: UInt64, first: UInt64, second: UInt64) {
            (self.low, self.high, self.first, self.second) = (low, high, first, second)
        }

        fileprivate init(low: UInt64, high: UInt64, ids: [Int32], byteCounts: [UInt32]) {
            (self.low, self.high) = (low, high)
            first = 0
            second = UInt64(ids.count) << 58
            for (at, id) in ids.enumerated() {
                let bits = UInt64(UInt32(bitPattern: id))
                if at < 3 { first |= bits << UInt64(21 * at) } else { second |= bits << UInt64(21 * (at - 3)) }
            }
            for (at, count) in byteCounts.prefix(4).enumerated() { second |= UInt64(count) << UInt64(42 + 4 * at) }
        }

        @inline(__always)
        var tokenCount: Int { Int(second >> 58) }

        @inline(__always)
        func id(_ at: Int) -> Int32 {
            let bits = at < 3 ? first >> UInt64(21 * at) : second >> UInt64(21 * (at - 3))
            return Int32(truncatingIfNeeded: bits & 0x1F_FFFF)
        }

        /// Meaningful for the first four tokens; the fifth is the last.
        @inline(__always)
        func byteCount(_ at: Int) -> Int { Int(second >> UInt64(42 + 4 * at) & 15) }
    }

    private struct Bucket {
        var newer: Short
        var older: Short
    }

    private struct Long {
        var hash: UInt64
        var start: UInt32
        var count: UInt32
        var tokenStart: UInt32
        var tokenCount: UInt32
    }

    private var buckets = [Bucket](repeating: Bucket(newer: .empty, older: .empty), count: bucketCount)
    private var longs: [Long]
    private var longCount = 0
    private var longBytes: [UInt8] = []
    /// Ids (low half) and the bytes each covers (high half).
    private(set) var longTokens: [UInt64] = []

    init() {
        longs = Array(
            repeating: Long(hash: 0, start: 0, count: 0, tokenStart: 0, tokenCount: 0), count: Self.longSlotCount)
    }

    /// Bytes of both tables.
    var keptBytes: Int {
        buckets.capacity * MemoryLayout<Bucket>.stride + longs.capacity * MemoryLayout<Long>.stride
            + longBytes.capacity + longTokens.capacity * MemoryLayout<UInt64>.stride
    }

    /// `count` bytes from `from`, 1 to 15, as two integers.
    @inline(__always)
    private static func key(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ count: Int) -> (UInt64, UInt64) {
        var low: UInt64
        var high: UInt64
        if from &+ 16 <= text.count {
            let raw = UnsafeRawBufferPointer(text)
            low = raw.loadUnaligned(fromByteOffset: from, as: UInt64.self).littleEndian
            high = raw.loadUnaligned(fromByteOffset: from &+ 8, as: UInt64.self).littleEndian
            let bits = UInt64(truncatingIfNeeded: 8 &* count)
            if count < 8 {
                low &= (1 &<< bits) &- 1
                high = 0
            } else {
                high &= (1 &<< (bits &- 64)) &- 1
            }
        } else {
            low = 0
            high = 0
            for at in 0..<min(count, 8) { low |= UInt64(text[from + at]) << UInt64(8 * at) }
            for at in 8..<max(count, 8) { high |= UInt64(text[from + at]) << UInt64(8 * (at - 8)) }
        }
        return (low, high | UInt64(truncatingIfNeeded: count) &<< 56)
    }

    @inline(__always)
    private static func bucket(_ low: UInt64, _ high: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(low ^ (high &* 0xD6E8_FEB8_6659_FD93))) & (bucketCount - 1)
    }

    /// A word of up to 15 bytes, not empty.
    @inline(__always)
    func findShort(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ count: Int) -> Short? {
        let (low, high) = Self.key(text, from, count)
        let bucket = Self.bucket(low, high)
        let newer = buckets[bucket].newer
        if newer.low == low, newer.high == high { return newer }
        let older = buckets[bucket].older
        return older.low == low && older.high == high ? older : nil
    }

    /// Where the tokens of a word stand in `longTokens`.
    func findLong(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Range<Int>? {
        guard to - from <= Self.longestWord else { return nil }
        let word = UnsafeBufferPointer(rebasing: text[from..<to])
        let hash = ByteHash.hash(word)
        var slot = Int(truncatingIfNeeded: hash) & (Self.longSlotCount - 1)
        return longBytes.withUnsafeBufferPointer { longBytes in
            while longs[slot].count > 0 {
                let found = longs[slot]
                let bytes = Int(found.start)..<Int(found.start + found.count)
                if found.hash == hash, ByteHash.areEqual(word, UnsafeBufferPointer(rebasing: longBytes[bytes])) {
                    return Int(found.tokenStart)..<Int(found.tokenStart + found.tokenCount)
                }
                slot = (slot + 1) & (Self.longSlotCount - 1)
            }
            return nil
        }
    }

    /// Keeps the tokens of a word that neither table has.
    mutating func insert(
        _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, ids: [Int32], byteCounts: [UInt32]
    ) {
        let count = to - from
        let isWhole = byteCounts.reduce(0, +) == UInt32(count)
        if count <= Short.longest, ids.count <= Short.mostTokens, isWhole {
            let (low, high) = Self.key(text, from, count)
            let bucket = Self.bucket(low, high)
            buckets[bucket].older = buckets[bucket].newer
            buckets[bucket].newer = Short(low: low, high: high, ids: ids, byteCounts: byteCounts)
        } else if count <= Self.longestWord {
            insertLong(UnsafeBufferPointer(rebasing: text[from..<to]), ids, byteCounts)
        }
    }

    private mutating func insertLong(_ word: UnsafeBufferPointer<UInt8>, _ ids: [Int32], _ byteCounts: [UInt32]) {
        if longCount * 2 >= Self.longSlotCount || longTokens.count >= Self.longTokenLimit { emptyLongs() }
        let hash = ByteHash.hash(word)
        var slot = Int(truncatingIfNeeded: hash) & (Self.longSlotCount - 1)
        while longs[slot].count > 0 { slot = (slot + 1) & (Self.longSlotCount - 1) }
        longs[slot] = Long(
            hash: hash, start: UInt32(longBytes.count), count: UInt32(word.count), tokenStart: UInt32(longTokens.count),
            tokenCount: UInt32(ids.count))
        longBytes.append(contentsOf: word)
        for (id, count) in zip(ids, byteCounts) {
            longTokens.append(UInt64(count) << 32 | UInt64(UInt32(bitPattern: id)))
        }
        longCount += 1
    }

    private mutating func emptyLongs() {
        for at in longs.indices { longs[at].count = 0 }
        longCount = 0
        longBytes.removeAll(keepingCapacity: true)
        longTokens.removeAll(keepingCapacity: true)
    }
}
