import Scoring
import Testing

@Suite struct BatchPlannerTests {
    let planner = BatchPlanner(maxBatchTokens: 100)

    /// How many segments are taken from the front of each lane, and how many looks at a lane that took.
    private func plan(_ lanes: [[Int]]) -> (taken: [Int], looks: Int) {
        var taken = [Int](repeating: 0, count: lanes.count)
        var looks = 0
        planner.plan(
            lanes: lanes.count,
            next: { lane in
                looks += 1
                return taken[lane] < lanes[lane].count ? lanes[lane][taken[lane]] : nil
            },
            take: { taken[$0] += 1 })
        return (taken, looks)
    }

    @Test(arguments: [
        (lanes: [[Int]](), taken: [Int]()),
        (lanes: [[]], taken: [0]),
        (lanes: [[10, 20, 30]], taken: [3]),
        // The budget ends in the middle of a request: the rest waits for the next batch.
        (lanes: [[40, 40, 40]], taken: [2]),
        // The oldest takes its first segment whatever it costs, alone where it fills the batch.
        (lanes: [[100], [1]], taken: [1, 0]),
        (lanes: [[250], [1]], taken: [1, 0]),
        // Half for the oldest, the other half shared, the rest in order of arrival.
        (lanes: [[10, 10, 10, 10, 10, 10, 10, 10], [5], [5]], taken: [8, 1, 1]),
        (
            lanes: [[10, 10, 10, 10, 10, 10, 10, 10, 10, 10], [10, 10, 10, 10], [10, 10, 10, 10]],
            taken: [6, 2, 2]
        ),
        // A younger segment that does not fit its share may still fill what is left.
        (lanes: [[20], [60], [30]], taken: [1, 0, 1]),
        (lanes: [[], [10], []], taken: [0, 1, 0]),
    ])
    func counts(_ table: (lanes: [[Int]], taken: [Int])) {
        #expect(plan(table.lanes).taken == table.taken)
    }

    @Test func neverMoreThanTheBudgetAndAlwaysProgress() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let lanes = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                (0..<Int.random(in: 0...12, using: &random)).map { _ in Int.random(in: 1...100, using: &random) }
            }
            let taken = plan(lanes).taken
            let tokens = zip(lanes, taken).reduce(0) { $0 + $1.0.prefix($1.1).reduce(0, +) }
            #expect(tokens <= 100)
            #expect(tokens > 0 || lanes.allSatisfy(\.isEmpty))
        }
    }

    @Test func smallRequestRidesInTheNextBatchBesideAHugeOne() {
        let huge = [Int](repeating: 10, count: 1_000)
        #expect(plan([huge, huge, [7]]).taken[2] == 1)
    }

    /// However much waits, a plan looks at what it takes and at the front of each lane.
    @Test func looksDoNotGrowWithWhatWaits() {
        let lanes = (0..<300).map { _ in [Int](repeating: 1, count: 10_000) }
        let plan = plan(lanes)
        #expect(plan.taken.reduce(0, +) == 100)
        #expect(plan.looks <= 2 * 100 + 3 * lanes.count)
    }
}
