import Scoring
import Testing

@Suite struct BatchPlannerTests {
    let planner = BatchPlanner(maxBatchTokens: 100)

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
        #expect(planner.plan(lanes: table.lanes) == table.taken)
    }

    @Test func neverMoreThanTheBudgetAndAlwaysProgress() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let lanes = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                (0..<Int.random(in: 0...12, using: &random)).map { _ in Int.random(in: 1...100, using: &random) }
            }
            let taken = planner.plan(lanes: lanes)
            let tokens = zip(lanes, taken).reduce(0) { $0 + $1.0.prefix($1.1).reduce(0, +) }
            #expect(tokens <= 100)
            #expect(tokens > 0 || lanes.allSatisfy(\.isEmpty))
        }
    }

    @Test func smallRequestRidesInTheNextBatchBesideAHugeOne() {
        let huge = [Int](repeating: 10, count: 1_000)
        #expect(planner.plan(lanes: [huge, huge, [7]])[2] == 1)
    }
}
