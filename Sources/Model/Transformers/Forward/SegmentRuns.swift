import Sequences

/// A batch's segments as runs of rows. Where nothing is shared each segment is a run; where prefixes are, a segment is a chain of runs, and
/// several go through those that they have in common.
struct SegmentRuns {
    let tokenIDs: [Int32]  // [rows]
    /// Each behind the one before it; places are rows.
    let runs: [PrefixTree.Run]
    /// Of each segment, the run of its last token.
    let last: [Int]

    init(_ batch: PackedBatch, sharesPrefixes: Bool) {
        if sharesPrefixes {
            let tree = PrefixTree(batch.segments.lazy.map { batch.tokenIDs[$0] })
            tokenIDs = tree.tokenIDs
            (runs, last) = tree.runs()
        } else {
            tokenIDs = batch.tokenIDs
            runs = batch.segments.map { PrefixTree.Run(positions: 0..<$0.count, places: $0, before: nil) }
            last = Array(runs.indices)
        }
    }

    /// Rows of some positions on the way to a run, within it at the end, in their order: a part of each run that they are in.
    func rows(of positions: Range<Int>, upTo number: Int) -> [Range<Int>] {
        var (parts, end, number) = ([Range<Int>](), positions.upperBound, Optional(number))
        while end > positions.lowerBound, let run = number.map({ runs[$0] }) {
            let start = max(run.positions.lowerBound, positions.lowerBound)
            let shift = run.places.lowerBound - run.positions.lowerBound
            parts.append(start + shift..<end + shift)
            (end, number) = (start, run.before)
        }
        return parts.reversed()
    }
}
