import Scoring
import TestSupport
import Testing

@Suite struct BatchPlannerTests {
    let planner = BatchPlanner(maxBatchTokens: 100)

    /// How many segments are taken from the front of each lane, and how many looks at a lane that took.
    ///
    /// - Parameter cost: of a lane's segment at a place, where it shares.
    private func plan(
        _ lanes: [[Int]], cost: (_ lane: Int, _ place: Int) -> Int = { _, _ in .max }
    ) -> (taken: [Int], looks: Int) {
        var taken = [Int](repeating: 0, count: lanes.count)
        var looks = 0
        planner.plan(
            lanes: lanes.count,
            next: { lane in
                looks += 1
                guard taken[lane] < lanes[lane].count else { return nil }
                let size = lanes[lane][taken[lane]]
                return BatchPlanner.Size(cost: min(size, cost(lane, taken[lane])), tokens: size)
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
        var random = DrawnRandom()
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

    /// Shares are of tokens: who shares nothing has the place that it would have if nobody did. What sharing leaves is given out by cost.
    @Test func sharingTakesNobodysPlace() {
        let (huge, costOfHuge) = ([Int](repeating: 20, count: 100), { (lane: Int, place: Int) in place == 0 ? 20 : 1 })
        // Of 100: 20 and one more for the eldest in its 50, and as much for the younger; then what each has of the rest.
        let two = plan([huge, huge], cost: costOfHuge).taken
        #expect(two.reduce(0) { $0 + 20 + ($1 - 1) } == 100)
        #expect(two[0] >= 30 && two[1] >= 20, "\(two)")
        let small = plan([huge, [20, 5]], cost: { lane, place in lane == 0 ? costOfHuge(lane, place) : 20 })
        #expect(small.taken[1] == 2)
        // Little in itself, but more than the share of one among many.
        let many = [[Int](repeating: 20, count: 3)] + [[Int]](repeating: [20], count: 20)
        #expect(plan(many, cost: { lane, _ in lane == 0 ? 20 : 2 }).taken.dropFirst().reduce(0, +) == 20)
    }

    /// However much waits, a plan looks at what it takes and at the front of each lane.
    @Test func looksDoNotGrowWithWhatWaits() {
        let lanes = (0..<300).map { _ in [Int](repeating: 1, count: 10_000) }
        let plan = plan(lanes)
        #expect(plan.taken.reduce(0, +) == 100)
        #expect(plan.looks <= 2 * 100 + 4 * lanes.count)
    }
}
