/// Decides which waiting segments make up the next batch. Pure: lengths in, counts out.
///
/// A lane is what one request still waits for, in its order. Lanes come oldest first. The oldest takes up to half of the
/// budget (its first segment whatever that costs, so that nothing waits for ever); the others share the other half
/// equally, so that a small request rides in the next batch however large its elders are; what is left is filled in
/// order of arrival.
package struct BatchPlanner: Sendable {
    package let maxBatchTokens: Int

    package init(maxBatchTokens: Int) {
        precondition(maxBatchTokens > 0, "a batch holds at least one token")
        self.maxBatchTokens = maxBatchTokens
    }

    /// How many segments to take from the front of each lane. The sum of their lengths is at most `maxBatchTokens`, but
    /// for a single longer segment, which goes alone.
    /// Complexity: linear in the number of lanes and segments given.
    package func plan(lanes: [[Int]]) -> [Int] {
        var taken = [Int](repeating: 0, count: lanes.count)
        guard let oldest = lanes.firstIndex(where: { !$0.isEmpty }) else { return taken }
        var remaining = maxBatchTokens

        func take(from lane: Int, upTo allowance: Int) {
            var allowance = min(allowance, remaining)
            while taken[lane] < lanes[lane].count, lanes[lane][taken[lane]] <= allowance {
                allowance -= lanes[lane][taken[lane]]
                remaining -= lanes[lane][taken[lane]]
                taken[lane] += 1
            }
        }

        let first = lanes[oldest][0]
        taken[oldest] = 1
        remaining -= first
        take(from: oldest, upTo: maxBatchTokens / 2 - first)
        let younger = lanes.indices.filter { $0 > oldest && !lanes[$0].isEmpty }
        if !younger.isEmpty, remaining > 0 {
            let share = max(1, remaining / younger.count)
            for lane in younger { take(from: lane, upTo: share) }
        }
        for lane in lanes.indices where remaining > 0 { take(from: lane, upTo: remaining) }
        return taken
    }
}
