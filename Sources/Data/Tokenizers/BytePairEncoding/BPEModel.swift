/// Byte pair encoding (Sennrich et al. 2016): the adjacent pair of lowest merge rank is joined first, the leftmost of
/// equals first, until no pair has a merge.
struct BPEModel: Sendable {
    /// What a word is cut into before the first merge.
    enum Unit: Sendable {
        /// Single bytes: the pre-tokenizer is ByteLevel and the vocabulary is written in its alphabet.
        case byte
        /// Unicode scalars, with byte tokens (`<0xE2>`) or the unknown token for those not in the vocabulary.
        case character
    }

    let unit: Unit
    /// As the file writes them.
    let vocabulary: TokenTable
    let merges: MergeTable
    /// The pairs of merges in order, for the fingerprint.
    let mergePairs: [MergePair]
    /// By byte, -1 where the vocabulary lacks it.
    let byteSymbols: [Int32]
    /// The rank of the merge of two bytes, [256 * 256]; empty for `.character`.
    let bytePairRanks: [UInt32]
    /// By scalar; used by `.character` alone.
    let characterSymbols: ScalarTable
    /// The ids of `<0x00>` to `<0xFF>`, -1 where missing; empty without `byte_fallback`.
    let byteFallback: [Int32]
    /// Every byte has its token, so that no character is unknown.
    let hasAllByteFallbacks: Bool
    /// -1 where the file names none.
    let unknownID: Int32
    let unknownToken: [UInt8]?
    let fusesUnknown: Bool
    let ignoresMerges: Bool
    /// Whole words by their raw bytes, for `ignore_merges`; nil where it is off.
    let words: TokenTable?
    /// Where a text without pre-tokenizer may be cut without changing a token; nil where nothing is known.
    let cuts: CutTable?

    struct MergePair: Sendable {
        var left: Int32
        var right: Int32
    }
}

/// Ids by Unicode scalar: a plain array for ASCII, a hash table for the rest.
struct ScalarTable: Sendable {
    private var ascii = [Int32](repeating: -1, count: 128)
    private var slots: [(scalar: UInt32, id: Int32)]

    init(_ entries: [(scalar: UInt32, id: Int32)]) {
        var size = 16
        while size < 2 * entries.count { size *= 2 }
        slots = Array(repeating: (.max, -1), count: size)
        for (scalar, id) in entries {
            if scalar < 128 {
                ascii[Int(scalar)] = id
                continue
            }
            var slot = Self.hash(scalar) & (size - 1)
            while slots[slot].scalar != .max { slot = (slot + 1) & (size - 1) }
            slots[slot] = (scalar, id)
        }
    }

    /// -1 where the scalar has no id.
    @inline(__always)
    func id(of scalar: UInt32) -> Int32 {
        if scalar < 128 { return ascii[Int(scalar)] }
        var slot = Self.hash(scalar) & (slots.count - 1)
        while slots[slot].scalar != .max {
            if slots[slot].scalar == scalar { return slots[slot].id }
            slot = (slot + 1) & (slots.count - 1)
        }
        return -1
    }

    @inline(__always)
    private static func hash(_ scalar: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(scalar) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
