import Sequences
import Tensors

/// How one batch is cut into pieces of work: pure, a function of the batch and the number of threads. No result depends on the
/// cuts.
///
/// A row is a token that is computed: of a token that several segments share there is one.
struct WorkPlan {
    /// Some queries of one run, for each key/value head one piece of work.
    struct AttentionPiece {
        /// Position of the first query in its segments.
        let first: Int
        let rows: Range<Int>
        let keys: Keys
    }

    /// Where a piece finds the keys that it sees.
    enum Keys {
        /// In packed blocks, whose numbers stand in the table from here on.
        case packed(table: Int)
        /// In these rows, one block that the piece packs for itself.
        case rows([Range<Int>])
    }

    let tokenIDs: [Int32]
    let positions: [Int32]  // [rows]
    /// Segments, or what several of them share.
    let runs: [PrefixTree.Run]
    let longestSegment: Int
    let rowBlocks: [Range<Int>]
    let attention: [AttentionPiece]
    let keyBlocks: KeyBlocks
    let scored: ScoredRows

    /// Rows whose next token is scored, and that token.
    var scoredRows: [Int] { scored.rows }
    var targets: [Int32] { scored.targets }
    /// Rows of each segment, where none are shared: there rows are the batch's tokens.
    var segments: [Range<Int>] {
        precondition(runs.allSatisfy { $0.before == nil }, "segments that share have no rows of their own")
        return runs.map(\.places)
    }

    /// Rows that a worker takes through a layer: enough that the matrices' way to the core costs little, few enough that the rows
    /// stay in its cache.
    static let maxRowsPerBlock = 96
    static let rowsPerHeadBlock = 192

    /// - Parameter sharesPrefixes: whether what segments have in common at their beginnings is computed once. Not for a pass that
    ///   backward follows.
    init(_ batch: PackedBatch, threads: Int, sharesPrefixes: Bool = false) {
        let segments = SegmentRuns(batch, sharesPrefixes: sharesPrefixes)
        let keyBlocks = KeyBlocks(segments)
        tokenIDs = segments.tokenIDs
        runs = segments.runs
        positions = runs.flatMap { Int32($0.positions.lowerBound)..<Int32($0.positions.upperBound) }
        longestSegment = runs.map(\.positions.upperBound).max() ?? 0
        rowBlocks = Self.rowBlocks(in: tokenIDs.count, threads: threads)
        scored = ScoredRows(batch, segments)
        attention = runs.indices.flatMap { Self.pieces(of: $0, segments, keyBlocks) }
        self.keyBlocks = keyBlocks
    }

    private static func pieces(of number: Int, _ segments: SegmentRuns, _ keyBlocks: KeyBlocks) -> [AttentionPiece] {
        let run = segments.runs[number]
        let (first, rows) = (run.positions.lowerBound, run.places)
        guard let table = keyBlocks.tableStarts[number] else {
            let keys = segments.rows(of: 0..<run.positions.upperBound, upTo: number)
            return [AttentionPiece(first: first, rows: rows, keys: .rows(keys))]
        }
        return blocks(of: Attention.queryBlock, in: rows.count).reversed().map { queries in
            AttentionPiece(
                first: first + queries.lowerBound, rows: rows.dropFirst(queries.lowerBound).prefix(queries.count),
                keys: .packed(table: table))
        }
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
