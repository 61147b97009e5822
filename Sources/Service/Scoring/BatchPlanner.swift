/// Decides which waiting segments make up the next batch. Pure: sizes in, choices out.
///
/// A lane is what one request still waits for, in its order. Lanes come oldest first. The oldest takes up to half of the
/// budget (its first segment whatever that costs, so that nothing waits for ever); the others share the other half
/// equally, so that a small request rides in the next batch however large its elders are. These shares are of tokens, as if nothing
/// were shared: what others share takes nobody's place. The room that sharing leaves is given out once more in the same way, by cost;
/// what is left then is filled in order of arrival. Nothing waits for company.
package struct BatchPlanner: Sendable {
    /// What a segment would take of the batch as it is now.
    package struct Size: Sendable {
        /// What it would cost, at most its tokens.
        package let cost: Int
        /// Its tokens.
        package let tokens: Int

        package init(cost: Int, tokens: Int) {
            precondition(cost <= tokens, "no segment costs more than its tokens")
            (self.cost, self.tokens) = (cost, tokens)
        }
    }

    /// Most that the segments of a batch of more than one cost together, in tokens.
    package let maxBatchTokens: Int

    /// A planner for batches of `maxBatchTokens`, above 0.
    package init(maxBatchTokens: Int) {
        precondition(maxBatchTokens > 0, "a batch holds at least one token")
        self.maxBatchTokens = maxBatchTokens
    }

    /// Takes segments from the front of `laneCount` lanes. `next` gives the size of the segment at the front of a lane, nil where nothing
    /// waits in it or can be taken; `take` removes that segment and puts it into the batch. What the segments taken cost
    /// is at most `maxBatchTokens`, but for a single longer segment, which goes alone.
    ///
    /// Complexity: at most four looks at each lane and one at each segment taken, however many wait behind them.
    package func plan(lanes laneCount: Int, next: (_ lane: Int) -> Size?, take: (_ lane: Int) -> Void) {
        guard let oldest = (0..<laneCount).first(where: { next($0) != nil }), let first = next(oldest) else { return }
        take(oldest)
        // Never more tokens than cost: what fits by tokens fits.
        var (cost, tokens) = (maxBatchTokens - first.cost, maxBatchTokens - first.tokens)

        func fill(from lane: Int, upTo allowance: Int, by measure: (Size) -> Int) {
            var allowance = allowance
            while allowance > 0, let size = next(lane), measure(size) <= allowance {
                allowance -= measure(size)
                cost -= size.cost
                tokens -= size.tokens
                take(lane)
            }
        }

        fill(from: oldest, upTo: min(maxBatchTokens / 2 - first.tokens, tokens), by: \.tokens)
        guard tokens > 0 else { return }
        let spent = maxBatchTokens - cost
        let younger = (oldest + 1..<laneCount).filter { next($0) != nil }
        var share = max(1, tokens / max(younger.count, 1))
        for lane in younger where tokens > 0 { fill(from: lane, upTo: min(share, tokens), by: \.tokens) }
        fill(from: oldest, upTo: min(maxBatchTokens / 2 - spent, cost), by: \.cost)
        share = max(1, cost / max(younger.count, 1))
        for lane in younger where cost > 0 { fill(from: lane, upTo: min(share, cost), by: \.cost) }
        for lane in [oldest] + younger where cost > 0 { fill(from: lane, upTo: cost, by: \.cost) }
    }
}
