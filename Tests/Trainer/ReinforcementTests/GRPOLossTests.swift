import Foundation
import Reinforcement
import Testing
import Training

struct GRPOLossTests {
    private struct Completion {
        var advantage: Double
        var logProbs: [Float]
        var old: [Float]
        var start: [Float]
    }

    /// Ratios below, inside and above the clip for advantages of both signs.
    private let completions = [
        Completion(
            advantage: 1.25, logProbs: [-0.5, -1.5, -0.75, -2], old: [-0.5, -1.25, -1.5, -1], start: [-0.6, -1, -2, -2]),
        Completion(advantage: -0.5, logProbs: [-0.25, -3, -1.125], old: [-1, -2, -1.125], start: [-0.25, -1, -0.5]),
    ]

    /// The formula, token by token.
    private func naive(_ completions: [Completion], clip: Double, high: Double = 0.2, kl: Double) -> Double {
        var sum = 0.0
        var count = 0.0
        for completion in completions {
            for index in completion.logProbs.indices {
                let ratio = exp(Double(completion.logProbs[index])) / exp(Double(completion.old[index]))
                let cut = max(1 - clip, min(1 + high, ratio))
                sum -= min(ratio * completion.advantage, cut * completion.advantage)
                let q = exp(Double(completion.start[index])) / exp(Double(completion.logProbs[index]))
                sum += kl * (q - log(q) - 1)
                count += 1
            }
        }
        return sum / count
    }

    @Test(arguments: [0, 0.3])
    func lossAndGradientAreTheFormulas(_ kl: Double) {
        var loss = GRPOLoss(tokens: 7, clip: 0.2, klCoefficient: kl)
        let gradients = completions.map {
            loss.add(advantage: $0.advantage, logProbs: $0.logProbs, old: $0.old, start: kl == 0 ? nil : $0.start)
        }
        #expect(abs(loss.loss - naive(completions, clip: 0.2, kl: kl)) < 1e-12)
        let step: Float = 1 / 4096
        for (number, completion) in completions.enumerated() {
            for index in completion.logProbs.indices {
                var (up, down) = (completions, completions)
                up[number].logProbs[index] += step
                down[number].logProbs[index] -= step
                let slope = (naive(up, clip: 0.2, kl: kl) - naive(down, clip: 0.2, kl: kl)) / Double(2 * step)
                #expect(abs(slope - Double(gradients[number][index])) < 1e-6, "completion \(number), token \(index)")
            }
        }
        // exp(0.75) with a positive advantage, exp(-1) with a negative one.
        #expect(loss.clippedTokens == 2)
    }

    /// The ratios are exp(0.75) at an advantage above 0, and exp(-1) at one below: the upper end alone lets go of the first.
    @Test(arguments: [(0.28, 2), (1.1, 2), (1.2, 1)])
    func theUpperEndOfTheClipMayBeItsOwn(_ high: Double, _ clippedTokens: Int) {
        var loss = GRPOLoss(tokens: 7, clip: 0.2, clipHigh: high, klCoefficient: 0)
        let gradients = completions.map {
            loss.add(advantage: $0.advantage, logProbs: $0.logProbs, old: $0.old, start: nil)
        }
        #expect(abs(loss.loss - naive(completions, clip: 0.2, high: high, kl: 0)) < 1e-12)
        #expect(loss.clippedTokens == clippedTokens && (gradients[0][2] != 0) == (clippedTokens == 1))
    }

    @Test func anUpperEndThatIsTheLowerOneChangesNoBit() {
        var (one, both) = (
            GRPOLoss(tokens: 7, clip: 0.2, klCoefficient: 0.1),
            GRPOLoss(tokens: 7, clip: 0.2, clipHigh: 0.2, klCoefficient: 0.1)
        )
        for completion in completions {
            func add(_ loss: inout GRPOLoss) -> [Float] {
                loss.add(
                    advantage: completion.advantage, logProbs: completion.logProbs, old: completion.old,
                    start: completion.start)
            }
            #expect(add(&one) == add(&both))
        }
        #expect(one.loss == both.loss)
    }

    /// The group's mean and deviation are those of the rewards that there are.
    @Test func whatHasNoRewardTakesNoPart() {
        let some = GroupAdvantages.ofJudged([1, nil, 0, nil, 4])
        #expect(some.compactMap { $0 } == GroupAdvantages.of([1, 0, 4]))
        #expect(some.map { $0 == nil } == [false, true, false, true, false])
        #expect(GroupAdvantages.ofJudged([nil, 3, nil]) == [nil, 0, nil])
        #expect(GroupAdvantages.ofJudged([nil, nil]) == [nil, nil])
        #expect(GroupAdvantages.ofJudged([1, 0, 0]).compactMap { $0 } == GroupAdvantages.of([1, 0, 0]))
    }

    @Test func theFirstUpdateIsTheAdvantage() {
        var loss = GRPOLoss(tokens: 2, clip: 0.2, klCoefficient: 0)
        #expect(loss.add(advantage: 3, logProbs: [-1, -2], old: [-1, -2], start: nil) == [-1.5, -1.5])
        #expect(loss.loss == -3 && loss.clippedShare == 0)
    }

    /// In deviations of the sample: of four that is the square root of 4 / 3 times the group's own, of two that of 2.
    @Test func advantagesAreStandardScores() {
        let (four, two) = (0.75.squareRoot(), 0.5.squareRoot())
        for (rewards, expected) in [([1.0, 0, 0, 1], [four, -four, -four, four]), ([3.0, 5], [-two, two])] {
            #expect(zip(GroupAdvantages.of(rewards), expected).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }

    /// Also where their mean is another number than they are.
    @Test(arguments: [2, 0.1, -3e38, 1e30 / 3])
    func equalRewardsTeachNothing(_ reward: Double) {
        for count in 2..<12 {
            let rewards = [Double](repeating: reward, count: count)
            #expect(GroupAdvantages.of(rewards) == [Double](repeating: 0, count: count))
        }
    }
}
