import Sequences

/// How a batch is put to its engine.
extension ScoreQueueState.Batch {
    /// Has the engine score all segments; one result a segment, in their order. Segments that want the same temperatures are scored
    /// together: nobody pays for what others want.
    func results() -> [Result<TokenScores, QueueError>] {
        var results: [Int: Result<TokenScores, QueueError>] = [:]
        for indices in Dictionary(grouping: keys.indices, by: { keys[$0].detail.temperatures }).values {
            for (index, result) in zip(indices, self.results(of: indices[...])) { results[index] = result }
        }
        return keys.indices.compactMap { results[$0] }
    }

    /// Where segments fail as a whole, each half is tried, so that one that cannot be scored does not take its neighbours along, and those
    /// that begin alike are still together.
    private func results(of indices: ArraySlice<Int>) -> [Result<TokenScores, QueueError>] {
        do {
            return try scores(of: indices).map { .success($0) }
        } catch  where indices.count > 1 {
            let half = indices.count / 2
            return results(of: indices.prefix(half)) + results(of: indices.dropFirst(half))
        } catch {
            return indices.map { _ in .failure(error) }
        }
    }

    /// As many of the likeliest tokens are computed as the segment that wants most does; the others get the first of them. Temperatures
    /// are the same for all.
    private func scores(of indices: ArraySlice<Int>) throws(QueueError) -> [TokenScores] {
        let keys = indices.map { self.keys[$0] }
        let detail = ScoreDetail(
            topK: keys.lazy.map(\.detail.topK).max() ?? 0, temperatures: keys.first?.detail.temperatures ?? [])
        let batch = PackedBatch(segments: indices.map { segments[$0].tokenIDs })
        let packed: TokenScores
        do {
            packed = try engine.scores(batch, detail)
        } catch {
            throw .engineFailed("\(error)")
        }
        return try packed.segments(batch.segments, of: keys, asked: detail)
    }
}

extension TokenScores {
    /// What an engine gave for a batch, cut into its segments, once it is known to be what a model can give.
    ///
    /// - Parameters:
    ///   - segments: where each segment lies in the batch.
    ///   - keys: one a segment; each gets what its own detail asks for.
    ///   - asked: what the engine was asked for, at least each key's detail.
    /// - Throws: `QueueError.engineFailed` or `.impossibleLogProb`.
    func segments(
        _ segments: Spans, of keys: [SegmentKey], asked: ScoreDetail
    ) throws(QueueError) -> [TokenScores] {
        guard logProbs.count == segments.tokenCount else {
            throw .engineFailed("\(logProbs.count) log-probs for \(segments.tokenCount) tokens")
        }
        guard detail == asked else {
            throw .engineFailed("\(detail) instead of \(asked)")
        }
        return try zip(segments, keys).map { range, key throws(QueueError) in
            // What no model can give may reach neither an answer nor the store, which would keep it for ever.
            if let fault = LogProbFault(ofSegment: logProbs[range]) {
                throw .impossibleLogProb(key, position: fault.position, got: "\(fault.got)")
            }
            return tokens(range, key.detail)
        }
    }
}
