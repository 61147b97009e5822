import Sequences
import Tensors

/// How one batch is cut into pieces of work: pure, a function of the batch and the number of threads. No result depends on the
/// cuts.
struct WorkPlan {
    /// Some queries of one segment, for each key/value head one piece of work.
    struct AttentionPiece {
        /// Row of the segment's first token in the batch.
        let start: Int
        let length: Int
        /// Positions in the segment.
        let queries: Range<Int>
        /// The segment's first packed key block; nil where the segment is one block, which the piece packs for itself.
        let firstBlock: Int?
    }

    /// Keys of one long segment that form a block.
    struct KeyBlock {
        let rows: Range<Int>
        let index: Int
    }

    let tokenIDs: [Int32]
    let positions: [Int32]  // [N]
    let segments: [Range<Int>]
    let longestSegment: Int
    let rowBlocks: [Range<Int>]
    let attention: [AttentionPiece]
    let keyBlocks: [KeyBlock]
    /// Rows whose next token is scored, and that token.
    let scoredRows: [Int]
    let targets: [Int32]

    /// Rows that a worker takes through a layer: enough that the matrices' way to the core costs little, few enough that the rows
    /// stay in its cache.
    static let maxRowsPerBlock = 96
    static let rowsPerHeadBlock = 192

    init(_ batch: PackedBatch, threads: Int) {
        tokenIDs = batch.tokenIDs
        segments = Array(batch.segments)
        longestSegment = segments.map(\.count).max() ?? 0
        positions = segments.flatMap { (0..<Int32($0.count)) }
        rowBlocks = Self.rowBlocks(in: batch.tokenCount, threads: threads)
        scoredRows = segments.flatMap { $0.dropLast() }
        targets = scoredRows.map { batch.tokenIDs[$0 + 1] }
        var attention: [AttentionPiece] = []
        var keyBlocks: [KeyBlock] = []
        for segment in segments {
            guard segment.count > Attention.keyBlock else {
                attention.append(
                    AttentionPiece(
                        start: segment.lowerBound, length: segment.count, queries: 0..<segment.count, firstBlock: nil))
                continue
            }
            let first = keyBlocks.count
            for rows in Self.blocks(of: Attention.keyBlock, in: segment.count) {
                let shifted = segment.lowerBound + rows.lowerBound..<segment.lowerBound + rows.upperBound
                keyBlocks.append(KeyBlock(rows: shifted, index: keyBlocks.count))
            }
            for queries in Self.blocks(of: Attention.queryBlock, in: segment.count).reversed() {
                attention.append(
                    AttentionPiece(
                        start: segment.lowerBound, length: segment.count, queries: queries, firstBlock: first))
            }
        }
        self.attention = attention
        self.keyBlocks = keyBlocks
    }

    /// Rows that workers take through a layer, a block at a time.
    static func rowBlocks(in tokens: Int, threads: Int) -> [Range<Int>] {
        taperedBlocks(of: maxRowsPerBlock, in: tokens, threads: threads)
    }

    /// Scored rows that workers project onto the vocabulary, a block at a time.
    static func headBlocks(in scored: Int, threads: Int) -> [Range<Int>] {
        taperedBlocks(of: rowsPerHeadBlock, in: scored, threads: threads)
    }

    /// Most rows of a block of `rowBlocks`, for scratch memory.
    static func rowsPerBlock(tokens: Int) -> Int { min(maxRowsPerBlock, wholeTiles(tokens)) }

    /// One thread gets blocks of about one size. Several get large ones while much is left and smaller ones towards the end, so
    /// that none waits long for the last; even the smallest is worth the matrices' way to the core.
    private static func taperedBlocks(of most: Int, in count: Int, threads: Int) -> [Range<Int>] {
        guard threads > 1 else {
            let pieces = max(1, (count + most - 1) / most)
            return blocks(of: max(1, wholeTiles((count + pieces - 1) / pieces)), in: count)
        }
        let least = min(most / 4, wholeTiles((count + threads - 1) / threads))
        var found: [Range<Int>] = []
        var start = 0
        while start < count {
            let share = wholeTiles((count - start + 2 * threads - 1) / (2 * threads))
            var rows = min(most, max(least, share), count - start)
            if count - start - rows < least / 2, count - start <= most { rows = count - start }
            found.append(start..<start + rows)
            start += rows
        }
        return found
    }

    /// Rounded up to the register tile's six rows.
    private static func wholeTiles(_ rows: Int) -> Int { (rows + 5) / 6 * 6 }

    static func blocks(of size: Int, in count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    /// Most key blocks that a batch of `tokens` can have: a segment with blocks has more tokens than one block holds.
    static func maxKeyBlocks(tokens: Int) -> Int {
        tokens / Attention.keyBlock + tokens / (Attention.keyBlock + 1)
    }
}
