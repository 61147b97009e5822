import Sequences
import Tensors

/// Which key blocks are packed, of which rows, and in which of them each run finds the keys that it sees.
///
/// A block is packed by the run that fills it, or in which it ends for good: a run in whose middle of a block others go on looks into the
/// block of the first of these, which begins with its own keys. So there are never more blocks than where nothing is shared.
struct KeyBlocks {
    /// Rows of each block, in the order of their positions.
    private(set) var rows: [[Range<Int>]] = []
    /// Numbers of blocks, run by run, for each run one for every `Attention.keyBlock` positions from the segments' start.
    private(set) var table: [Int32] = []
    /// Where each run's numbers begin in `table`; nil for a run whose keys are one block that it packs for itself.
    private(set) var tableStarts: [Int?] = []

    /// No blocks.
    init() {}

    init(_ segments: SegmentRuns) {
        let size = Attention.keyBlock
        let runs = segments.runs
        var firstBehind = [Int?](repeating: nil, count: runs.count)
        for number in runs.indices.reversed() {
            if let before = runs[number].before { firstBehind[before] = number }
        }

        // The blocks, by place in the segment, that each run packs, and the number of the first of them.
        var own: [Range<Int>] = []
        var firstNumbers: [Int] = []
        for (number, run) in runs.enumerated() {
            let (start, end) = (run.positions.lowerBound / size, run.positions.upperBound)
            let isLast = firstBehind[number] == nil
            let blocks = start..<(isLast ? (end + size - 1) / size : end / size)
            own.append(isLast && end <= size ? 0..<0 : blocks)
            firstNumbers.append(rows.count)
            for block in own[number] {
                rows.append(segments.rows(of: block * size..<min((block + 1) * size, end), upTo: number))
            }
        }
        for (number, run) in runs.enumerated() {
            guard run.positions.upperBound > size || !own[number].isEmpty else {
                tableStarts.append(nil)
                continue
            }
            let start = table.count
            tableStarts.append(start)
            if let before = run.before, let known = tableStarts[before] {
                table += table[known..<known + run.positions.lowerBound / size]
            }
            table += own[number].indices.map { Int32(firstNumbers[number] + $0 - own[number].lowerBound) }
            // The block in whose middle it ends, where others go on.
            var next = number
            while (table.count - start) * size < run.positions.upperBound, let behind = firstBehind[next] {
                if own[behind].first == table.count - start { table.append(Int32(firstNumbers[behind])) }
                next = behind
            }
        }
    }
}
