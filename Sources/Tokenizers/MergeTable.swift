/// The merges of a BPE model: a pair of token ids to its rank, and each rank to the token it makes.
struct MergeTable: Sendable {
    /// No merge; larger than every rank.
    static let none = UInt32.max

    private struct Slot: Sendable {
        var key: UInt64
        var rank: UInt32
    }

    private static let emptyKey = UInt64.max

    private var slots: [Slot]
    private let shift: UInt64
    private var results: [Int32] = []

    init(capacity: Int) {
        var bits: UInt64 = 4
        while 1 << bits < 2 * capacity { bits += 1 }
        slots = Array(repeating: Slot(key: Self.emptyKey, rank: Self.none), count: 1 << bits)
        shift = 64 - bits
        results.reserveCapacity(capacity)
    }

    /// Appends the merge of the next rank. A pair that comes again takes the later rank, as in `tokenizers`.
    mutating func append(_ left: Int32, _ right: Int32, result: Int32) {
        let key = Self.key(left, right)
        var slot = index(key)
        while slots[slot].key != key, slots[slot].key != Self.emptyKey { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Slot(key: key, rank: UInt32(results.count))
        results.append(result)
    }

    var isEmpty: Bool { results.isEmpty }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func index(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// The rank of the merge of two tokens, `none` if there is none.
    @inline(__always)
    func rank(_ left: Int32, _ right: Int32) -> UInt32 {
        let key = Self.key(left, right)
        var slot = index(key)
        while true {
            let found = slots[slot]
            if found.key == key { return found.rank }
            if found.key == Self.emptyKey { return Self.none }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    @inline(__always)
    func result(ofRank rank: UInt32) -> Int32 { results[Int(rank)] }
}
