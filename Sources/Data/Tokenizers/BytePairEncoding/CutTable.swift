/// Which neighbouring characters some merge could ever join. Between two characters that stand next to each other in no
/// merge, at no boundary of its two parts, no merge can happen: a text cut there gives the same tokens. So a vocabulary
/// without pre-tokenizer (SentencePiece style: a whole document is one word) still finds words for its cache.
struct CutTable: Sendable {
    /// SentencePiece's stand-in for a space gets a row of its own beside ASCII.
    private static let spaceMark: UInt32 = 0x2581
    private static let rowCount = 129

    private var small = [Bool](repeating: false, count: rowCount * rowCount)
    private var slots: [UInt64]

    /// - Parameter pairs: last scalar of the left part, first scalar of the right part, for every merge.
    init(joining pairs: some Sequence<(UInt32, UInt32)>) {
        var large: Set<UInt64> = []
        for (left, right) in pairs {
            if let row = Self.row(left), let column = Self.row(right) {
                small[row * Self.rowCount + column] = true
            } else {
                large.insert(UInt64(left) << 32 | UInt64(right))
            }
        }
        var size = 16
        while size < 2 * large.count { size *= 2 }
        slots = Array(repeating: .max, count: size)
        for pair in large {
            var slot = Self.hash(pair) & (size - 1)
            while slots[slot] != .max { slot = (slot + 1) & (size - 1) }
            slots[slot] = pair
        }
    }

    @inline(__always)
    private static func row(_ scalar: UInt32) -> Int? {
        scalar < 128 ? Int(scalar) : scalar == spaceMark ? 128 : nil
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }

    @inline(__always)
    func mayJoin(_ left: UInt32, _ right: UInt32) -> Bool {
        if let row = Self.row(left), let column = Self.row(right) { return small[row * Self.rowCount + column] }
        let pair = UInt64(left) << 32 | UInt64(right)
        var slot = Self.hash(pair) & (slots.count - 1)
        while slots[slot] != .max {
            if slots[slot] == pair { return true }
            slot = (slot + 1) & (slots.count - 1)
        }
        return false
    }
}
