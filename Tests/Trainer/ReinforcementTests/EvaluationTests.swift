import Foundation
import Reinforcement
import Testing
import Training

struct EvaluationTests {
    /// The ends are the shares from which the one seen is 1.96 standard deviations away.
    @Test(arguments: [(0, 10), (5, 10), (98, 100), (1, 3), (7, 7)])
    func wilsonIntervals(_ successes: Int, _ trials: Int) {
        let interval = WilsonInterval(successes: successes, of: trials)
        let share = Double(successes) / Double(trials)
        for end in [interval.low, interval.high] where end > 0 && end < 1 {
            let deviation = (end * (1 - end) / Double(trials)).squareRoot()
            #expect(abs(abs(share - end) / deviation - 1.959964) < 1e-5)
        }
        #expect(interval.low <= share && share <= interval.high && interval.low < interval.high)
        #expect((interval.low == 0) == (successes == 0) && (interval.high == 1) == (successes == trials))
    }

    @Test func nothingTriedSaysNothing() {
        let interval = WilsonInterval(successes: 0, of: 0)
        #expect(interval.low == 0 && interval.high == 1)
    }

    /// Against counting all choices of k of the samples.
    @Test func passAtKCountsChoices() {
        for correct in 0...6 {
            for k in 1...6 {
                var (hits, choices) = (0, 0)
                for subset in 0..<64 where subset.nonzeroBitCount == k {
                    choices += 1
                    if subset & ((1 << correct) - 1) != 0 { hits += 1 }
                }
                let expected = Double(hits) / Double(choices)
                #expect(abs(TaskEvaluation.passAtK(k, correct: correct, of: 6) - expected) < 1e-12)
            }
        }
    }

    /// In batches as alone; a tuned model finds most right completions likely, none certain.
    @Test func goldNatsAreThoseOfTheRightCompletions() throws {
        let (scores, alone) = try TinyTasks().goldNats(problems: 700)
        let expected = alone.reduce(0, +) / Double(alone.count)
        #expect(scores.goldNats == expected && scores.families[0].goldNats == expected)
        #expect(expected > 0 && expected < 20 && alone.allSatisfy { $0 > 0 })
    }

    /// What was written before nats were measured can still be read.
    @Test func scoresWithoutNatsAreRead() throws {
        let json = #"{"family": "sorting", "problems": 2, "correct": 1, "accuracy": 0.5, "low": 0.1, "high": 0.9}"#
        #expect(try JSONDecoder().decode(FamilyScore.self, from: Data(json.utf8)).goldNats == nil)
    }
}
