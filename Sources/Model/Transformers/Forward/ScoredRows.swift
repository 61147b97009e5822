import Sequences

/// Which rows the head is given, and whose log-probs come of them.
///
/// A row is given once for each token that follows it anywhere in the batch; for tokens behind the last of a run that several go on from
/// these may be several.
struct ScoredRows {
    /// Rows whose next token is scored. [scored]
    private(set) var rows: [Int] = []
    /// That token. [scored]
    private(set) var targets: [Int32] = []
    /// Of each of the batch's tokens, what predicts it, an index of `rows`; nil at segment starts. [N]
    private(set) var predictions: [Int?] = []

    private struct Branch: Hashable {
        let run: Int
        let target: Int32
    }

    /// The last row of each of these, given without a token.
    init(lastOf parts: [Range<Int>]) { rows = parts.map { $0.upperBound - 1 } }

    init(_ batch: PackedBatch, _ segments: SegmentRuns) {
        var (branches, entries, starts) = ([Branch: Int](), [Int?](), [Int]())
        for run in segments.runs {
            let first = segments.tokenIDs[run.places.lowerBound]
            entries.append(
                run.before.map { before in
                    let branch = Branch(run: before, target: first)
                    if let known = branches[branch] { return known }
                    branches[branch] = rows.count
                    rows.append(segments.runs[before].places.upperBound - 1)
                    targets.append(first)
                    return rows.count - 1
                })
            starts.append(rows.count)
            rows += run.places.dropLast()
            targets += segments.tokenIDs[run.places.dropFirst()]
        }
        predictions = [Int?](repeating: nil, count: batch.tokenCount)
        for (segment, last) in zip(batch.segments, segments.last) {
            var (end, number) = (segment.count, Optional(last))
            while let current = number {
                let start = segments.runs[current].positions.lowerBound
                predictions[segment.lowerBound + start] = entries[current]
                for position in start + 1..<end {
                    predictions[segment.lowerBound + position] = starts[current] + position - start - 1
                }
                (end, number) = (start, segments.runs[current].before)
            }
        }
    }

    /// Scores of the rows at the tokens that they predict, NaN at segment starts. [N]
    func spread(_ scores: [Float]) throws -> [Float] {
        var result = [Float](repeating: .nan, count: predictions.count)
        for (position, prediction) in predictions.enumerated() {
            guard let prediction else { continue }
            guard scores[prediction].isFinite else { throw TransformerError.nonFiniteLogProb(position: position) }
            result[position] = scores[prediction]
        }
        return result
    }

    /// The likeliest tokens of the rows at the tokens that they predict.
    func spread(_ top: TopLogProbs) throws -> TopLogProbs {
        var result = TopLogProbs(unpredicted: predictions.count, k: top.k)
        for (position, prediction) in predictions.enumerated() {
            guard let prediction else { continue }
            // The last is the least: a logit that is no number has no place among the others.
            guard top.logProbs[(prediction + 1) * top.k - 1].isFinite else {
                throw TransformerError.nonFiniteLogProb(position: position)
            }
            result.set(position, top, prediction)
        }
        return result
    }
}
