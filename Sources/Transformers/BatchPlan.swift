import Tensors

/// How one batch is cut into pieces of work: pure, and a function of the batch alone. No result depends on the cuts.
struct BatchPlan {
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

    static let maxRowsPerBlock = 96
    static let rowsPerHeadBlock = 192

    init(_ batch: PackedBatch) {
        tokenIDs = batch.tokenIDs
        segments = (0..<batch.segmentCount).map(batch.segment)
        longestSegment = segments.map(\.count).max() ?? 0
        positions = segments.flatMap { (0..<Int32($0.count)) }
        rowBlocks = Self.blocks(of: Self.rowsPerBlock(tokens: batch.tokenCount), in: batch.tokenCount)
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

    /// Few tokens are cut into small blocks, so that several threads share them.
    static func rowsPerBlock(tokens: Int) -> Int {
        let tile = 6
        return min(maxRowsPerBlock, max(1, (tokens + 8 * tile - 1) / (8 * tile)) * tile)
    }

    /// As large as memory traffic likes, yet several blocks where the batch is small.
    static func rowsPerHeadBlock(scored: Int) -> Int {
        min(rowsPerHeadBlock, max(1, (scored + 47) / 48) * 6)
    }

    static func blocks(of size: Int, in count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    /// Most key blocks that a batch of `tokens` can have: a segment with blocks has more tokens than one block holds.
    static func maxKeyBlocks(tokens: Int) -> Int {
        tokens / Attention.keyBlock + tokens / (Attention.keyBlock + 1)
    }
}
