/// Decides which waiting segments make up the next batch. Pure: costs in, choices out.
///
/// A lane is what one request still waits for, in its order. Lanes come oldest first. The oldest takes up to half of the
/// budget (its first segment whatever that costs, so that nothing waits for ever); the others share the other half
/// equally, so that a small request rides in the next batch however large its elders are; what is left is filled in
/// order of arrival. What shares a prefix with the batch costs little, so it finds room in a small share too; nothing waits for
/// company.
package struct BatchPlanner: Sendable {
    /// Most that the segments of a batch of more than one cost together, in tokens.
    package let maxBatchTokens: Int

    /// A planner for batches of `maxBatchTokens`, above 0.
    package init(maxBatchTokens: Int) {
        precondition(maxBatchTokens > 0, "a batch holds at least one token")
        self.maxBatchTokens = maxBatchTokens
    }

    /// Takes segments from the front of `laneCount` lanes. `next` gives what the segment at the front of a lane would cost now, in tokens,
    /// nil where nothing waits in it or can be taken; `take` removes that segment and puts it into the batch. What the segments taken cost
    /// is at most `maxBatchTokens`, but for a single longer segment, which goes alone.
    ///
    /// Complexity: at most three looks at each lane and one at each segment taken, however many wait behind them.
    package func plan(lanes laneCount: Int, next: (_ lane: Int) -> Int?, take: (_ lane: Int) -> Void) {
        var remaining = maxBatchTokens

        func fill(from lane: Int, upTo allowance: Int) {
            var allowance = min(allowance, remaining)
            while allowance > 0, let tokens = next(lane), tokens <= allowance {
                allowance -= tokens
                remaining -= tokens
                take(lane)
            }
        }

        guard let oldest = (0..<laneCount).first(where: { next($0) != nil }), let first = next(oldest) else { return }
        take(oldest)
        remaining -= first
        fill(from: oldest, upTo: maxBatchTokens / 2 - first)
        guard remaining > 0 else { return }
        let younger = (oldest + 1..<laneCount).filter { next($0) != nil }
        let share = max(1, remaining / max(younger.count, 1))
        for lane in younger where remaining > 0 { fill(from: lane, upTo: share) }
        for lane in [oldest] + younger where remaining > 0 { fill(from: lane, upTo: remaining) }
    }
}
