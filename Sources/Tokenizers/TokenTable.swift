/// Byte strings by token id, and back: an arena, its index by id and an open-addressed hash table.
struct TokenTable: Sendable {
    private let arena: [UInt8]
    /// Start and count in the arena by id; `UInt32.max` as start where the id has no token.
    private let starts: [UInt32]
    private let counts: [UInt32]
    /// Ids, -1 where empty; the size is a power of two, at most half full.
    private let slots: [Int32]

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
        var slots = [Int32](repeating: -1, count: Self.slotCount(for: entries.count))
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
                let start = Int(starts[Int(id)])
                let text = UnsafeBufferPointer(rebasing: arena[start..<start + Int(counts[Int(id)])])
                var slot = Int(truncatingIfNeeded: ByteHash.hash(text)) & mask
                while slots[slot] >= 0 {
                    let other = Int(slots[slot])
                    let otherStart = Int(starts[other])
                    let otherText = UnsafeBufferPointer(
                        rebasing: arena[otherStart..<otherStart + Int(counts[other])])
                    if ByteHash.areEqual(text, otherText) {
                        duplicate = id
                        return true
                    }
                    slot = (slot + 1) & mask
                }
                slots[slot] = id
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
        var slot = Int(truncatingIfNeeded: ByteHash.hash(bytes)) & mask
        return arena.withUnsafeBufferPointer { arena in
            while slots[slot] >= 0 {
                let id = slots[slot]
                let count = Int(counts[Int(id)])
                let start = Int(starts[Int(id)])
                if count == bytes.count,
                    ByteHash.areEqual(bytes, UnsafeBufferPointer(rebasing: arena[start..<start + count]))
                {
                    return id
                }
                slot = (slot + 1) & mask
            }
            return nil
        }
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
