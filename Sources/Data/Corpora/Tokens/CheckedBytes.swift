import System

/// A file of a token file, mapped; each block is compared with its digest when it is first read.
final class CheckedBytes: Sendable {
    private let name: String
    private let table: DigestTable
    private let mapped: MappedFile
    /// A bit for each block that was compared.
    private let checked: Locked<[UInt64]>

    init(_ path: String, _ name: String, _ table: DigestTable) throws {
        self.name = name
        self.table = table
        mapped = try CorpusError.mapped(path + name)
        try table.checkSize(mapped.bytes, of: name)
        checked = Locked([UInt64](repeating: 0, count: (BlockDigests.blockCount(mapped.bytes.count) + 63) / 64))
    }

    var count: Int { mapped.bytes.count }

    /// The bytes of a range, which are those that were written.
    func bytes(_ range: Range<Int>) throws(CorpusError) -> UnsafeRawBufferPointer {
        try check(range)
        return UnsafeRawBufferPointer(rebasing: mapped.bytes[range])
    }

    func checkAll() throws(CorpusError) { try check(0..<count) }

    /// All bytes without a look at the digests; `checkAll` has come before.
    var allChecked: UnsafeRawBufferPointer { mapped.bytes }

    private func check(_ range: Range<Int>) throws(CorpusError) {
        guard !range.isEmpty else { return }
        let blocks = range.lowerBound / BlockDigests.blockBytes...(range.upperBound - 1) / BlockDigests.blockBytes
        // Two threads may compare the same block; neither waits for the other.
        for block in blocks where !checked.withLock({ $0[block / 64] >> UInt64(block % 64) & 1 == 1 }) {
            try table.checkBlock(block, of: name, mapped.bytes)
            checked.withLock { $0[block / 64] |= 1 << UInt64(block % 64) }
        }
    }
}
