/// The merges of a BPE model: a pair of token ids to its rank, and each rank to the token it makes.
///
/// Open addressing; a slot is one integer (left id, right id, rank), so that a look-up mostly touches one cache line:
/// a vocabulary of 128,000 tokens has its 280,000 merges in 4 MB.
struct MergeTable: Sendable {
    /// No merge; larger than every rank.
    static let none = UInt32.max
    /// Ids and ranks are below these.
    static let idLimit = 1 << 21
    static let rankLimit = 1 << 22

    private static let rankBits: UInt64 = 22
    private static let idBits: UInt64 = 21
    private static let empty = UInt64.max

    private var slots: [UInt64]
    private let shift: UInt64
    private var results: [Int32] = []

    /// - Parameter capacity: how many merges will come.
    init(capacity: Int) {
        var bits: UInt64 = 4
        while (1 << bits) * 2 < capacity * 3 { bits += 1 }
        slots = Array(repeating: Self.empty, count: 1 << bits)
        shift = 64 - bits
        results.reserveCapacity(capacity)
    }

    /// Appends the merge of the next rank. A pair that comes again takes the later rank, as in `tokenizers`.
    mutating func append(_ left: Int32, _ right: Int32, result: Int32) {
        let key = Self.key(left, right)
        var slot = index(key)
        while slots[slot] != Self.empty, slots[slot] >> Self.rankBits != key { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = key << Self.rankBits | UInt64(results.count)
        results.append(result)
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << idBits | UInt64(UInt32(bitPattern: right))
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
            if found >> Self.rankBits == key { return UInt32(truncatingIfNeeded: found) & UInt32(Self.rankLimit - 1) }
            if found == Self.empty { return Self.none }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    @inline(__always)
    func result(ofRank rank: UInt32) -> Int32 { results[Int(rank)] }
}
