/// Byte strings by token id, and back: an arena, its index by id and an open-addressed hash table.
struct TokenTable: Sendable {
    private let arena: [UInt8]
    /// Start and count in the arena by id; `UInt32.max` as start where the id has no token.
    private let starts: [UInt32]
    private let counts: [UInt32]
    /// Upper half of the hash above the id, `emptySlot` where empty; the size is a power of two, at most half full.
    private let slots: [UInt64]

    private static let emptySlot = UInt64.max

    /// Ids up to the largest one plus one.
    var idLimit: Int { starts.count }
    let count: Int

    /// - Returns: nil with `duplicate` set to the id whose id or bytes came before.
    init?(_ entries: [(id: Int32, bytes: ArraySlice<UInt8>)], duplicate: inout Int32) {
        let limit = Int(entries.lazy.map(\.id).max() ?? -1) + 1
        var arena: [UInt8] = []
        arena.reserveCapacity(entries.reduce(0) { $0 + $1.bytes.count })
        var starts = [UInt32](repeating: .max, count: limit)
        var counts = [UInt32](repeating: 0, count: limit)
        var slots = [UInt64](repeating: Self.emptySlot, count: Self.slotCount(for: entries.count))
        let mask = slots.count - 1
        for (id, bytes) in entries {
            guard starts[Int(id)] == .max else {
                duplicate = id
                return nil
            }
            starts[Int(id)] = UInt32(arena.count)
            counts[Int(id)] = UInt32(bytes.count)
            arena.append(contentsOf: bytes)
        }
        let hasDuplicate = arena.withUnsafeBufferPointer { arena in
            for (id, _) in entries {
                let text = Self.text(arena, starts[Int(id)], counts[Int(id)])
                let hash = ByteHash.hash(text)
                var slot = Int(truncatingIfNeeded: hash) & mask
                while slots[slot] != Self.emptySlot {
                    let other = Int(slots[slot] & 0xFFFF_FFFF)
                    if ByteHash.areEqual(text, Self.text(arena, starts[other], counts[other])) {
                        duplicate = id
                        return true
                    }
                    slot = (slot + 1) & mask
                }
                slots[slot] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(id)
            }
            return false
        }
        if hasDuplicate { return nil }
        self.arena = arena
        self.starts = starts
        self.counts = counts
        self.slots = slots
        count = entries.count
    }

    private static func slotCount(for count: Int) -> Int {
        var size = 16
        while size < 2 * count { size *= 2 }
        return size
    }

    func bytes(of id: Int32) -> ArraySlice<UInt8>? {
        guard id >= 0, Int(id) < starts.count, starts[Int(id)] != .max else { return nil }
        let start = Int(starts[Int(id)])
        return arena[start..<start + Int(counts[Int(id)])]
    }

    func id(of bytes: [UInt8]) -> Int32? {
        bytes.withUnsafeBufferPointer(id(of:))
    }

    func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        let mask = slots.count - 1
        let hash = ByteHash.hash(bytes)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != Self.emptySlot {
            let found = slots[slot]
            if found >> 32 == hash >> 32 {
                let id = Int(found & 0xFFFF_FFFF)
                let isEqual = arena.withUnsafeBufferPointer { arena in
                    ByteHash.areEqual(bytes, Self.text(arena, starts[id], counts[id]))
                }
                if isEqual { return Int32(id) }
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private static func text(
        _ arena: UnsafeBufferPointer<UInt8>, _ start: UInt32, _ count: UInt32
    ) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: arena[Int(start)..<Int(start) + Int(count)])
    }

    /// Every id with its bytes, in the order of ids.
    func forEach(_ body: (Int32, ArraySlice<UInt8>) throws -> Void) rethrows {
        for id in 0..<Int32(starts.count) {
            if let bytes = bytes(of: id) { try body(id, bytes) }
        }
    }
}

/// A multiplicative hash over eight bytes at a time. Not for hostile keys where a flood of collisions would matter: the
/// vocabulary is the operator's own file, and the word cache is bounded and cleared.
enum ByteHash {
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: multiplier)
        return product.high ^ product.low
    }

    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let raw = UnsafeRawBufferPointer(bytes)
        var value = UInt64(truncatingIfNeeded: bytes.count) &* multiplier
        var at = 0
        while at + 8 <= bytes.count {
            value = mix(value ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var rest: UInt64 = 0
        while at < bytes.count {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        return mix(value ^ rest ^ 0x2545_F491_4F6C_DD1D)
    }

    static func areEqual(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for at in 0..<a.count where a[at] != b[at] { return false }
        return true
    }
}
